/**
 * Owns what is put into the cluster: deploy/ as it is, through overlays as a user writes them.
 * Invariant: only images, disks, the certificates' lives, a route more and what names this machine differ from deploy/.
 */
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { repositoryRoot } from '../../../harness/repository';
import type { K8sSettings } from './settings';
import { withUnbufferedRoute } from './unbuffered';

export const LABEL = 'kong-drain.dev/e2e';

export interface OperatorPlan extends Pick<K8sSettings, 'image' | 'redisImage' | 'kong'> {
  /** The cluster gives disks to whoever claims one. */
  readonly hasDisks: boolean;
  /** As pods see this machine. */
  readonly hostAddress: string;
}

/** Short, so that a run sees renewals of both. */
export const LIVES = { authorityMinutes: 5, servingMinutes: 2 };

/** Writes the overlay of injector, controller, console and Redis, and of a Kong in the cluster, into the directory. */
export function writeOperator(dir: string, plan: OperatorPlan): void {
  const inside = 'image' in plan.kong ? image('kong', plan.kong.image) : undefined;
  write(dir, {
    resources: [inside ? 'deploy/dev' : 'deploy', 'network-policy.yaml'],
    components: [...(inside ? [] : ['deploy/components/redis']), 'deploy/components/console'],
    images: [
      image('kong-drain', plan.image),
      image('redis', plan.redisImage),
      ...(inside ? [inside] : []),
    ],
    patches: [
      { path: 'injector.yaml' },
      ...(plan.hasDisks ? [] : [WITHOUT_DISK]),
      ...(inside ? [WITHOUT_KONG] : []),
    ],
    ...(inside ? { configMapGenerator: [KONG_YML] } : {}),
    files: {
      ...(inside ? { 'kong.yml': withUnbufferedRoute(readFileSync(kongYml, 'utf8')) } : {}),
      'injector.yaml': injector,
      'network-policy.yaml': redisFromHost(plan.hostAddress),
    },
  });
}

/** Writes the overlay of the example into the directory. */
export function writeExample(dir: string, plan: Pick<K8sSettings, 'image'>): void {
  write(dir, {
    resources: ['deploy/dev/example'],
    images: [image('kong-drain', plan.image)],
    // The scenarios say how many pods there are.
    patches: [{ path: 'autoscaler.yaml' }],
    files: { 'autoscaler.yaml': autoscaler },
  });
}

interface Parts {
  readonly resources: readonly string[];
  readonly components?: readonly string[];
  readonly images: readonly object[];
  readonly patches: readonly object[];
  readonly configMapGenerator?: readonly object[];
  readonly files: Readonly<Record<string, object | string>>;
}

/** What begins with deploy is this repository's. */
function write(dir: string, { files, resources, components = [], ...rest }: Parts): void {
  mkdirSync(dir, { recursive: true });
  const real = realpathSync(dir);
  const from = (name: string): string =>
    name.startsWith('deploy') ? path.relative(real, path.join(repositoryRoot, name)) : name;
  for (const [name, object] of Object.entries(files)) {
    writeFileSync(path.join(dir, name), typeof object === 'string' ? object : stringify(object));
  }
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: resources.map(from),
    components: components.map(from),
    labels: [{ pairs: { [LABEL]: 'true' }, includeTemplates: true }],
    ...rest,
  };
  writeFileSync(path.join(dir, 'kustomization.yaml'), stringify(kustomization));
}

/** `name:tag` or `name@digest`, in place of the manifests' own. */
function image(name: string, given: string): object {
  const { newName, newTag, digest } =
    /^(?<newName>.+?)(?::(?<newTag>[^:/@]+))?(?:@(?<digest>.+))?$/.exec(given)?.groups ?? {};
  return { name, newName, newTag, digest };
}

const injector = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'kong-drain-injector', namespace: 'kong-drain' },
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: 'injector',
            env: [
              { name: 'DRAIN_TLS_CA_MINUTES', value: String(LIVES.authorityMinutes) },
              { name: 'DRAIN_TLS_CERT_MINUTES', value: String(LIVES.servingMinutes) },
              { name: 'DRAIN_SCAN_MS', value: '5000' },
            ],
          },
        ],
      },
    },
  },
};

const kongYml = path.join(repositoryRoot, 'deploy/kong/dbless/kong.yml');

const KONG_YML = {
  ...{ name: 'kong-declarative', namespace: 'kong', behavior: 'replace', files: ['kong.yml'] },
};

/** It gets its pods once the example's Service is there (gateways.ts). */
const WITHOUT_KONG = {
  target: { kind: 'Deployment', name: 'kong' },
  patch: stringify([{ op: 'replace', path: '/spec/replicas', value: 0 }]),
};

const WITHOUT_DISK = {
  target: { kind: 'StatefulSet', name: 'redis' },
  patch: stringify([
    { op: 'remove', path: '/spec/volumeClaimTemplates' },
    { op: 'add', path: '/spec/template/spec/volumes/-', value: { name: 'data', emptyDir: {} } },
  ]),
};

const redisFromHost = (address: string): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'redis-from-beside', namespace: 'kong-drain' },
  spec: {
    podSelector: { matchLabels: { 'app.kubernetes.io/name': 'redis' } },
    policyTypes: ['Ingress'],
    ingress: [
      {
        ports: [{ protocol: 'TCP', port: 6379 }],
        from: [{ ipBlock: { cidr: `${address}/${address.includes(':') ? 128 : 32}` } }],
      },
    ],
  },
});

const autoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'rt', namespace: 'example' },
  spec: { minReplicas: 2, maxReplicas: 2 },
};
