import { set } from '../../fix/change';
import type { Container, Model, Workload } from '../../model';
import type { Problem, Rule } from '../../rule';
import { gracePeriod } from '../../settings';
import { SEEN } from '../../sources-of-facts';
import { hook, rtFile, runtime, sidecar } from '../examples';
import { mainContainer } from '../workloads';

interface WithSidecar {
  readonly workload: Workload;
  readonly sidecar: Container;
  readonly native: boolean;
}

function withSidecar({ workloads }: Model): WithSidecar[] {
  return workloads.flatMap((workload) => {
    const { drain } = workload.pod;
    if (drain.kind !== 'sidecar') return [];
    return [{ workload, sidecar: drain.container, native: drain.native }];
  });
}

/** The port of the sidecar's hook: DRAIN_LISTEN's, else 8081. */
function portOf({ env }: Container): number {
  return Number(/:(\d+)$/.exec(env.get('DRAIN_LISTEN')?.value ?? '')?.[1] ?? 8081);
}

export const drainHookMissing: Rule = {
  id: 'drain-hook-missing',
  severity: 'error',
  title: 'The drain sidecar is there, but no hook leads to it',
  why: "Containers of a pod are stopped in parallel, and a sidecar's own hook holds up only itself: the blocking hook belongs on the runtime's container.",
  source: SEEN.kubernetes,
  fixes: 'where the container has no hook and the sidecar wants no token',
  bad: rtFile(runtime({ pod: sidecar() })),
  good: rtFile(runtime({ pod: sidecar(), container: hook })),
  check: (model) =>
    withSidecar(model).flatMap(({ workload, sidecar: drain }): Problem[] => {
      const container = mainContainer(workload);
      const port = portOf(drain);
      if (container === undefined) return [];
      const { preStop } = container;
      const leads =
        preStop?.http?.port.value === port ||
        typeof preStop?.http?.port.value === 'string' ||
        preStop?.exec?.includes(String(port)) === true;
      if (leads) return [];
      const call = { httpGet: { path: '/drain', port } };
      return [
        {
          at: preStop?.at ?? container.at,
          what: `${workload.title}: the hook of container ${container.name} does not call the sidecar on port ${port}`,
          changes: [set(container.at.at('lifecycle', 'preStop'), call)],
          certain: preStop === undefined && !drain.env.has('DRAIN_HOOK_TOKEN'),
        },
      ];
    }),
};

export const drainGraceMismatch: Rule = {
  id: 'drain-grace-mismatch',
  severity: 'error',
  title: 'The sidecar is told another grace period than the pod has',
  why: "The sidecar ends a drain at DRAIN_GRACE_SECONDS less its reserve: told more than the pod's grace period it is killed in the middle, told less it cuts uploads too early.",
  source: SEEN.ours,
  fixes: "always: the sidecar is told the pod's grace period",
  bad: rtFile(
    runtime({
      pod: `terminationGracePeriodSeconds: 60\n${sidecar("- { name: DRAIN_GRACE_SECONDS, value: '120' }")}`,
      container: hook,
    }),
  ),
  good: rtFile(
    runtime({
      pod: `terminationGracePeriodSeconds: 120\n${sidecar("- { name: DRAIN_GRACE_SECONDS, value: '120' }")}`,
      container: hook,
    }),
  ),
  check: (model) =>
    withSidecar(model).flatMap(({ workload, sidecar: drain }) => {
      const grace = gracePeriod(workload);
      const env = drain.env.get('DRAIN_GRACE_SECONDS');
      const told = Number(env?.value ?? 30);
      if (told === grace || Number.isNaN(told)) return [];
      const where = env?.at ?? drain.at.at('env');
      return [
        {
          at: where,
          what: `${workload.title}: DRAIN_GRACE_SECONDS is ${told}${env === undefined ? ' (the default)' : ''}, terminationGracePeriodSeconds ${grace}`,
          changes: [
            env === undefined
              ? ({
                  op: 'append',
                  at: where,
                  value: { name: 'DRAIN_GRACE_SECONDS', value: String(grace) },
                } as const)
              : set(env.at, String(grace)),
          ],
          certain: true,
        },
      ];
    }),
};

export const drainListensLoopback: Rule = {
  id: 'drain-listens-on-loopback',
  severity: 'error',
  title: 'The sidecar listens where the kubelet cannot call it',
  why: "The kubelet calls the hook from the node at the pod's IP: a sidecar that listens on loopback only refuses it, and SIGTERM follows at once.",
  source: SEEN.kubernetes,
  fixes: 'always: the sidecar listens on all addresses',
  bad: rtFile(
    runtime({ pod: sidecar("- { name: DRAIN_LISTEN, value: '127.0.0.1:8081' }"), container: hook }),
  ),
  good: rtFile(
    runtime({ pod: sidecar("- { name: DRAIN_LISTEN, value: ':8081' }"), container: hook }),
  ),
  check: (model) =>
    withSidecar(model).flatMap(({ workload, sidecar: drain }) => {
      const listen = drain.env.get('DRAIN_LISTEN');
      if (!/^(127\.|localhost|\[::1\])/.test(listen?.value ?? '') || listen === undefined)
        return [];
      return [
        {
          at: listen.at,
          what: `${workload.title}: DRAIN_LISTEN is ${listen.value ?? ''}`,
          changes: [set(listen.at, `:${portOf(drain)}`)],
          certain: true,
        },
      ];
    }),
};

export const drainSidecarPlain: Rule = {
  id: 'drain-sidecar-not-native',
  severity: 'info',
  title: 'The drain sidecar is an ordinary container',
  why: 'An ordinary sidecar gets SIGTERM together with the runtime; a native one (an init container with restartPolicy: Always, Kubernetes 1.29) only after the runtime is gone.',
  source: SEEN.kubernetes,
  bad: rtFile(
    runtime({ container: `${hook}\n` }).replace(
      '        - name: rt\n',
      "        - name: drain\n          image: registry.example/kong-drain\n          env:\n            - { name: DRAIN_TARGET, value: '$(POD_IP):8080' }\n        - name: rt\n",
    ),
  ),
  good: rtFile(runtime({ pod: sidecar(), container: hook })),
  check: (model) =>
    withSidecar(model)
      .filter(({ native }) => !native)
      .map(({ workload, sidecar: { at, name } }) => ({
        at,
        what: `${workload.title}: sidecar ${name} is under containers`,
        snippet: `initContainers:\n  - name: ${name}\n    restartPolicy: Always`,
      })),
};
