/** Owns the list of what this repository lets a user build: each kustomization, and the components in every combination. */
import type { KubeObject } from './api-schema';
import { build, buildOverlay } from './kustomize';

/** As the manifests of Kong's ingress controller have it, in short. */
export const proxyKong = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'proxy-kong', namespace: 'kong', labels: { app: 'proxy-kong' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'proxy-kong' } },
    template: {
      metadata: { labels: { app: 'proxy-kong' } },
      spec: {
        containers: [
          {
            name: 'proxy',
            image: 'kong:3.9',
            env: [
              { name: 'KONG_DATABASE', value: 'off' },
              { name: 'KONG_PROXY_LISTEN', value: '0.0.0.0:8000' },
              { name: 'KONG_LUA_PACKAGE_PATH', value: '/opt/?.lua;/opt/?/init.lua;;' },
            ],
            lifecycle: { preStop: { exec: { command: ['/bin/bash', '-c', 'kong quit'] } } },
            ports: [{ name: 'proxy', containerPort: 8000 }],
            readinessProbe: {
              httpGet: { path: '/status/ready', port: 8100 },
              ...{ periodSeconds: 5, timeoutSeconds: 1, failureThreshold: 3 },
            },
          },
        ],
      },
    },
  },
};

const COMPONENTS = ['redis', 'cert-manager', 'service-monitor', 'console'] as const;

const combinations = COMPONENTS.reduce<string[][]>(
  (sets, component) => [...sets, ...sets.map((set) => [...set, component])],
  [[]],
);

const ours = ['deploy', 'deploy/dev', 'deploy/dev/example', 'deploy/example', 'deploy/kong/dbless'];

/** For a Kong that its ingress controller configures. */
export const ingressController = (): KubeObject[] =>
  buildOverlay({ components: ['deploy/kong/ingress-controller'], objects: [proxyKong] });

export const exampleBehindIngress = (): KubeObject[] =>
  buildOverlay({
    resources: ['deploy/example'],
    components: ['deploy/kong/ingress-controller/example'],
  });

export const withComponents = (names: readonly string[]): KubeObject[] =>
  buildOverlay({
    resources: ['deploy'],
    components: names.map((name) => `deploy/components/${name}`),
  });

/** Name and objects of each. */
export const overlays: readonly (readonly [string, () => KubeObject[]])[] = [
  ...ours.map((folder) => [folder, () => build(folder)] as const),
  ...combinations
    .filter((set) => set.length > 0)
    .map((set) => [`deploy with ${set.join(', ')}`, () => withComponents(set)] as const),
  ['the data plane of the ingress controller', ingressController],
  ['the example behind the ingress controller', exampleBehindIngress],
];
