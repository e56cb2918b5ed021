import { remove, set } from '../../fix/change';
import type { HttpCall } from '../../kubernetes/pod-model';
import type { Container, Workload } from '../../model';
import type { Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { documents, rtFile, runtime, service } from '../examples';

function calls({ readiness, liveness, startup, preStop }: Container) {
  return [
    { who: 'readiness probe', http: readiness?.http },
    { who: 'liveness probe', http: liveness?.http },
    { who: 'startup probe', http: startup?.http },
    { who: 'preStop hook', http: preStop?.http },
  ].flatMap(({ who, http }): { who: string; http: HttpCall }[] =>
    http === undefined ? [] : [{ who, http }],
  );
}

const each = (workload: Workload) =>
  [...workload.pod.containers, ...workload.pod.initContainers].flatMap((container) =>
    calls(container).map((call) => ({ ...call, workload, container })),
  );

export const probeHostLoopback: Rule = {
  id: 'probe-host-loopback',
  severity: 'error',
  title: 'A probe or hook that calls the node instead of the pod',
  why: 'The kubelet calls probes and HTTP hooks from the node, so localhost is the node itself; a hook that cannot connect has failed, and SIGTERM follows at once.',
  source: KUBERNETES.probes,
  fixes: "always: `host` goes, and the pod's own IP is called",
  bad: rtFile(
    runtime({
      container:
        'lifecycle:\n  preStop:\n    httpGet: { host: 127.0.0.1, path: /drain, port: 8081 }',
    }),
  ),
  good: rtFile(
    runtime({ container: 'lifecycle:\n  preStop:\n    httpGet: { path: /drain, port: 8081 }' }),
  ),
  check: (model) =>
    model.workloads
      .filter(({ pod }) => pod.at.at('hostNetwork').scalar() !== true)
      .flatMap(each)
      .filter(({ http }) => /^(localhost|127\.|::1$|\[::1\]$)/.test(http.host.value ?? ''))
      .map(({ workload, container, who, http }) => ({
        at: http.host.at,
        what: `${workload.title}: the ${who} of container ${container.name} calls ${http.host.value ?? ''} on the node`,
        changes: [remove(http.host.at)],
        certain: true,
        snippet: `httpGet:\n  path: ${http.path}\n  port: ${http.port.value ?? ''}`,
      })),
};

export const portUnknown: Rule = {
  id: 'port-name-unknown',
  severity: 'error',
  title: 'A port by a name that no container has',
  why: "A port that is given by name must be the name of a container's port; else the probe or hook fails and the Service has no endpoint for it.",
  source: KUBERNETES.service,
  bad: rtFile(documents(runtime({}), service().replace('targetPort: 8080', 'targetPort: http'))),
  good: rtFile(
    documents(
      runtime({}).replace(
        'ports: [{ containerPort: 8080 }]',
        'ports: [{ name: http, containerPort: 8080 }]',
      ),
      service().replace('targetPort: 8080', 'targetPort: http'),
    ),
  ),
  check: (model) => {
    const probes = model.workloads
      .flatMap(each)
      .filter(({ http, container }) => {
        const { value } = http.port;
        return (
          typeof value === 'string' &&
          !/^\d+$/.test(value) &&
          !container.ports.some(({ name }) => name === value)
        );
      })
      .map(({ workload, container, who, http }) => ({
        at: http.port.at,
        what: `${workload.title}: the ${who} of container ${container.name} names port ${http.port.value ?? ''}, which it does not have`,
        changes: [set(http.port.at, container.ports[0]?.number ?? 8080)],
      }));
    const targets = model.workloads.flatMap((workload) => {
      const { containers, initContainers } = workload.pod;
      const ports = [...containers, ...initContainers].flatMap((container) => container.ports);
      return workload.services.flatMap(({ name, ports: wanted }) =>
        wanted.flatMap(({ targetPort }) => {
          const { value, at } = targetPort;
          if (typeof value !== 'string' || /^\d+$/.test(value)) return [];
          if (ports.some((port) => port.name === value)) return [];
          const what = `Service ${name}: no container of ${workload.title} has a port named ${value}`;
          return [{ at, what, changes: [set(at, ports[0]?.number ?? 8080)] }];
        }),
      );
    });
    return [...probes, ...targets];
  },
};
