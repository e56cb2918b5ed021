/**
 * Owns the sidecar's container. Invariant: it passes Pod Security "restricted" whatever the pod's own context says
 * (kubernetes.io/docs/concepts/security/pod-security-standards), and keeps a Guaranteed pod Guaranteed.
 */
import type { V1Container, V1EnvVar, V1Pod, V1ResourceRequirements } from '@kubernetes/client-node';
import type { Wishes } from '../annotations';
import type { Runtime } from './runtime';
import type { InjectionSettings } from './settings';

export const SIDECAR_NAME = 'kong-drain';

export interface SidecarPlan {
  readonly wishes: Wishes;
  readonly runtime: Runtime;
  readonly native: boolean;
  readonly graceSeconds: number;
  readonly token: string;
  readonly guaranteed: boolean;
}

/** The container as it is put into the pod: an init container with restartPolicy Always, or a plain one. */
export function sidecarContainer(plan: SidecarPlan, settings: InjectionSettings): V1Container {
  const { wishes, native } = plan;
  return {
    name: SIDECAR_NAME,
    image: settings.image,
    ...(settings.pullPolicy === undefined ? {} : { imagePullPolicy: settings.pullPolicy }),
    command: ['node', 'dist/sidecar/main.js'],
    ...(native ? { restartPolicy: 'Always' } : {}),
    env: sidecarEnv(plan, settings),
    ports: [{ name: 'kong-drain', containerPort: wishes['sidecar-port'], protocol: 'TCP' }],
    resources: resources(wishes, plan.guaranteed),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      // By number: the kubelet cannot tell from an image's user name that it is not root.
      runAsUser: settings.user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

function sidecarEnv(
  { wishes, runtime, graceSeconds, token }: SidecarPlan,
  { redis, allowedCidrs }: InjectionSettings,
): V1EnvVar[] {
  const fromPod = (name: string, fieldPath: string): V1EnvVar => ({
    name,
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
  });
  const uploads = wishes['uploads-url'];
  const longSeconds = wishes['long-connection-seconds'];
  return [
    fromPod('POD_IP', 'status.podIP'),
    fromPod('POD_NAME', 'metadata.name'),
    fromPod('POD_NAMESPACE', 'metadata.namespace'),
    fromPod('POD_UID', 'metadata.uid'),
    fromPod('NODE_NAME', 'spec.nodeName'),
    // Of a pod without the label it is empty, which the sidecar takes for unset.
    wishes.zone === undefined
      ? fromPod('DRAIN_ZONE', "metadata.labels['topology.kubernetes.io/zone']")
      : { name: 'DRAIN_ZONE', value: wishes.zone },
    { name: 'DRAIN_POOL', value: wishes.pool },
    { name: 'DRAIN_PORT', value: String(runtime.port) },
    { name: 'DRAIN_LISTEN', value: `:${wishes['sidecar-port']}` },
    { name: 'DRAIN_HEALTH_URL', value: runtime.healthUrl },
    ...(uploads === undefined ? [] : [{ name: 'DRAIN_UPLOADS_URL', value: uploads }]),
    ...(wishes['tell-path'] === undefined
      ? []
      : [{ name: 'DRAIN_TELL_URL', value: new URL(wishes['tell-path'], runtime.healthUrl).href }]),
    ...(wishes['direct-clients'] === 'auto'
      ? []
      : [{ name: 'DRAIN_DIRECT_CLIENTS', value: wishes['direct-clients'] }]),
    { name: 'DRAIN_GRACE_SECONDS', value: String(graceSeconds) },
    { name: 'DRAIN_RESERVE_SECONDS', value: String(wishes['reserve-seconds']) },
    ...(longSeconds === undefined
      ? []
      : [{ name: 'DRAIN_LONG_CONNECTION_SECONDS', value: String(longSeconds) }]),
    { name: 'DRAIN_HOOK_TOKEN', value: token },
    { name: 'DRAIN_LOG_LEVEL', value: wishes['log-level'] },
    { name: 'DRAIN_TERMINATION_LOG', value: '/dev/termination-log' },
    ...redisEnv(redis, wishes.pool),
    ...(allowedCidrs === '' ? [] : [{ name: 'DRAIN_ALLOWED_CIDRS', value: allowedCidrs }]),
  ];
}

function redisEnv(redis: InjectionSettings['redis'], pool: string): V1EnvVar[] {
  if ('url' in redis) return [{ name: 'DRAIN_REDIS_URL', value: redis.url }];
  const name = redis.secret.replaceAll('{pool}', pool);
  const key = (field: string, optional: boolean) => ({
    secretKeyRef: { name, key: field, ...(optional ? { optional } : {}) },
  });
  return [
    { name: 'DRAIN_REDIS_URL', valueFrom: key(redis.urlKey, false) },
    { name: 'DRAIN_REDIS_OPTIONS', valueFrom: key(redis.optionsKey, true) },
  ];
}

function resources(wishes: Wishes, guaranteed: boolean): V1ResourceRequirements {
  const cpu = wishes['sidecar-cpu-request'] ?? (guaranteed ? '100m' : '10m');
  const memory = wishes['sidecar-memory-request'] ?? (guaranteed ? '128Mi' : '64Mi');
  const cpuLimit = wishes['sidecar-cpu-limit'] ?? (guaranteed ? cpu : undefined);
  const memoryLimit = wishes['sidecar-memory-limit'] ?? (guaranteed ? memory : '192Mi');
  return {
    requests: { cpu, memory },
    limits: { ...(cpuLimit === undefined ? {} : { cpu: cpuLimit }), memory: memoryLimit },
  };
}

/** Whether the pod is of QoS class Guaranteed: every container has limits for cpu and memory, its requests equal to them. */
export function isGuaranteed(pod: V1Pod): boolean {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers].every(({ resources: own }) =>
    ['cpu', 'memory'].every((kind) => {
      const limit = own?.limits?.[kind];
      return limit !== undefined && (own?.requests?.[kind] ?? limit) === limit;
    }),
  );
}
