/** Every connection that the components open, under the NetworkPolicies of deploy/: let through, and nothing else is. */
import { INJECTED_LABEL } from '../../injector/annotations';
import type { KubeObject } from './api-schema';
import { buildOverlay, describeBuilt } from './kustomize';
import { isAllowed, namespacesOf, policiesOf, type Connection, type End } from './network-policies';
import { podsOf } from './pods';

describeBuilt('network policies', () => {
  const installed = ['redis', 'service-monitor', 'console'].map(
    (name) => `deploy/components/${name}`,
  );
  const objects = [
    ...buildOverlay({ resources: ['deploy'], components: installed }),
    ...buildOverlay({ resources: ['deploy/kong/dbless'] }),
    ...buildOverlay({ resources: ['deploy/example'] }),
    namespace('monitoring'),
    namespace('other'),
  ];
  const policies = policiesOf(objects);
  const namespaces = namespacesOf(objects);

  /** With what the injector puts on a pod. */
  const podOf = (name: string, more: Readonly<Record<string, string>> = {}): End => {
    const { workload, template } = podsOf(objects).find(
      (pod) => pod.workload.metadata.name === name,
    )!;
    const labels = { ...template.metadata?.labels, ...more };
    return { namespace: workload.metadata.namespace ?? '', labels };
  };
  const injector = podOf('kong-drain-injector');
  const redis = podOf('redis');
  const console = podOf('kong-drain-console');
  const gateway = podOf('kong');
  const runtime = podOf('rt', { [INJECTED_LABEL]: 'true' });
  const prometheus: End = { namespace: 'monitoring', labels: {} };
  const stranger: End = { namespace: 'other', labels: {} };
  const dns: End = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };

  test('they are there', () => {
    expect(policies.map(({ metadata }) => metadata.namespace)).toEqual(
      Array.from({ length: 5 }, () => 'kong-drain'),
    );
  });

  test.each<[string, Connection]>([
    ['the API server → webhook', { from: 'outside', to: injector, port: 10_250 }],
    ['injector → API server (its Service)', { from: injector, to: 'outside', port: 443 }],
    ['injector → API server (kubeadm, kind)', { from: injector, to: 'outside', port: 6443 }],
    ['injector → API server (minikube)', { from: injector, to: 'outside', port: 8443 }],
    ['injector → API server (MicroK8s)', { from: injector, to: 'outside', port: 16_443 }],
    ['injector → DNS', { from: injector, to: dns, port: 53, protocol: 'UDP' }],
    ['injector → DNS, long answers', { from: injector, to: dns, port: 53 }],
    ['injector → DNS (OpenShift)', { from: injector, to: dns, port: 5353, protocol: 'UDP' }],
    ['injector → Redis in the cluster', { from: injector, to: redis, port: 6379 }],
    ['injector → Redis elsewhere', { from: injector, to: 'outside', port: 6379 }],
    ['injector → Sentinel elsewhere', { from: injector, to: 'outside', port: 26_379 }],
    ['sidecar → Redis', { from: runtime, to: redis, port: 6379 }],
    ['sidecar → API server (its own pod)', { from: runtime, to: 'outside', port: 443 }],
    ['sidecar → DNS', { from: runtime, to: dns, port: 53, protocol: 'UDP' }],
    ['plugin server → Redis', { from: gateway, to: redis, port: 6379 }],
    ['console → Redis', { from: console, to: redis, port: 6379 }],
    ['console → DNS', { from: console, to: dns, port: 53, protocol: 'UDP' }],
    ['Kong → runtime', { from: gateway, to: runtime, port: 8080 }],
    ['clients → Kong', { from: 'outside', to: gateway, port: 8000 }],
    ['Prometheus → injector', { from: prometheus, to: injector, port: 9090 }],
    ['Prometheus → sidecar', { from: prometheus, to: runtime, port: 8081 }],
    ['Prometheus → plugin server', { from: prometheus, to: gateway, port: 9542 }],
  ])('%s is let through', (_name, connection) => {
    expect(isAllowed(connection, policies, namespaces)).toBe(true);
  });

  test.each<[string, Connection]>([
    ['a pod of another namespace → Redis', { from: stranger, to: redis, port: 6379 }],
    ['a pod that was not injected → Redis', { from: podOf('rt'), to: redis, port: 6379 }],
    [
      'a pod that says it was injected, in a namespace that has not opted in → Redis',
      { from: { ...stranger, labels: { [INJECTED_LABEL]: 'true' } }, to: redis, port: 6379 },
    ],
    ['the outside → Redis', { from: 'outside', to: redis, port: 6379 }],
    ['Redis → anywhere', { from: redis, to: 'outside', port: 443 }],
    [
      "a pod of another namespace → injector's metrics",
      { from: stranger, to: injector, port: 9090 },
    ],
    ['anybody → console', { from: 'outside', to: console, port: 8700 }],
    ['console → API server', { from: console, to: 'outside', port: 443 }],
    ['injector → other ports', { from: injector, to: 'outside', port: 80 }],
  ])('%s is not', (_name, connection) => {
    expect(isAllowed(connection, policies, namespaces)).toBe(false);
  });
});

function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
