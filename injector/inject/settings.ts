/** Owns what the injector is told once for all pods. */
export interface InjectionSettings {
  /** The sidecar's image; its working directory holds `dist/`. */
  readonly image: string;
  readonly pullPolicy: 'Always' | 'IfNotPresent' | 'Never' | undefined;
  readonly user: number;
  /** `secret` lives in the pod's namespace; `{pool}` in its name stands for the pod's pool. */
  readonly redis:
    | { readonly url: string }
    | { readonly secret: string; readonly urlKey: string; readonly optionsKey: string };
  /** As DRAIN_ALLOWED_CIDRS; empty: a sidecar heeds the records of all addresses. */
  readonly allowedCidrs: string;
  readonly graceSeconds: number;
  /** Whether the server knows native sidecars (1.29 and newer). */
  readonly hasNativeSidecars: boolean;
}
