/** Owns the look at the webhook's certificates: in the Secret, in its configuration, and on the wire. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { V1Pod } from '@kubernetes/client-node';
import { WEBHOOK_PORT } from '../../../injector/config';
import { splitBundle } from '../../../injector/tls/issue';
import { kube } from './kube';

export const WEBHOOK_NAME = 'kong-drain-injector.kong-drain.svc';

/** PEM, the authorities oldest first. */
export async function secretCertificates() {
  const secret = await kube().core.readNamespacedSecret({
    namespace: 'kong-drain',
    name: 'kong-drain-tls',
  });
  const text = (key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
  return { authorities: splitBundle(text('ca.crt')), serving: text('tls.crt') };
}

/** What the API server trusts, PEM. */
export async function caBundle(): Promise<string> {
  const { webhooks = [] } = await kube().admission.readMutatingWebhookConfiguration({
    name: 'drain-injector',
  });
  return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString();
}

/** What a replica serves now. Rejects where it is not trusted by what the API server trusts. */
export async function served(replica: V1Pod): Promise<X509Certificate> {
  const socket = connect({
    host: replica.status?.podIP ?? '',
    port: WEBHOOK_PORT,
    servername: WEBHOOK_NAME,
    ca: await caBundle(),
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(5000) });
    return new X509Certificate(socket.getPeerCertificate().raw);
  } finally {
    socket.destroy();
  }
}

/** The injector's pods that are to stay. */
export async function replicas(): Promise<V1Pod[]> {
  const { items } = await kube().core.listNamespacedPod({
    namespace: 'kong-drain',
    labelSelector: 'app.kubernetes.io/name=kong-drain-injector',
  });
  return items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
}
