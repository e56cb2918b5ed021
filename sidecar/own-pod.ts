/**
 * Owns the look at the pod's own object: the grace period of this very deletion is told nowhere else (the downward API
 * has none; seen on Kubernetes 1.33). Invariant: what cannot be read leaves the configured deadline as it is.
 */
import { existsSync, readFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { z } from 'zod';

export interface OwnPod {
  readonly name: string;
  readonly namespace: string;
  /** `host:port` of the API server. */
  readonly apiServer: string;
  /** Where the kubelet mounts the service account: `token` and `ca.crt`. */
  readonly accountDir: string;
}

const TIMEOUT_MS = 1000;
const podShape = z.object({
  metadata: z.object({ deletionGracePeriodSeconds: z.number().optional() }),
});

/** The pod's place in the API, undefined where its service account is not mounted. */
export function ownPod(
  env: Readonly<Record<string, string | undefined>>,
  accountDir = '/var/run/secrets/kubernetes.io/serviceaccount',
): OwnPod | undefined {
  const { POD_NAME: name, POD_NAMESPACE: namespace, KUBERNETES_SERVICE_HOST: host } = env;
  if (!name || !namespace || !host || !existsSync(path.join(accountDir, 'token'))) return undefined;
  const port = env.KUBERNETES_SERVICE_PORT_HTTPS ?? env.KUBERNETES_SERVICE_PORT ?? '443';
  return {
    name,
    namespace,
    apiServer: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    accountDir,
  };
}

/**
 * metadata.deletionGracePeriodSeconds of the pod, undefined while it is not being deleted. Rejects where the pod may not
 * be read (403: `get` on `pods` is missing) or nothing answers within a second.
 */
export async function deletionGraceSeconds(pod: OwnPod): Promise<number | undefined> {
  const url = `https://${pod.apiServer}/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`;
  const token = readFileSync(path.join(pod.accountDir, 'token'), 'utf8'); // the kubelet renews it
  const ca = readFileSync(path.join(pod.accountDir, 'ca.crt'));
  const body = await get(url, { ca, headers: { authorization: `Bearer ${token.trim()}` } });
  return podShape.parse(JSON.parse(body)).metadata.deletionGracePeriodSeconds;
}

/** From the hook's call to its answer at the latest; half of a grace period that is shorter than the reserve. */
export function deadlineMsOf(graceSeconds: number, reserveSeconds: number): number {
  return Math.max(graceSeconds - reserveSeconds, graceSeconds / 2) * 1000;
}

function get(url: string, options: https.RequestOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = https.get(
      url,
      { ...options, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`GET ${url}: ${response.statusCode ?? 0}`));
        });
      },
    );
    request.on('error', reject);
  });
}
