/**
 * Owns the name by which the registry tells pods apart.
 * Invariant: where the UID is known it is part of it, so that an order for a StatefulSet's pod never hits the next pod
 * of that name.
 */

/** `name` or `name.uid`; undefined for a pod without a name. A pod's name holds no UID (RFC 1123 subdomain, 253 at most). */
export function podIdOf(name: string | undefined, uid: string | undefined): string | undefined {
  if (name === undefined || uid === undefined) return name;
  return `${name}.${uid}`;
}

/** A UUID; of a static pod a hash. */
const UID = /\.([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The pod's name in such an id. */
export function podNameOf(podId: string): string {
  return podId.replace(UID, '');
}
