import { set } from '../../fix/change';
import type { Model, Workload } from '../../model';
import type { Problem, Rule } from '../../rule';
import { gracePeriod, grantedGrace, longestRequest, type Settings } from '../../settings';
import { AUTOSCALER, GKE, KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { ownContainers, serving } from '../workloads';

const sleepOf = (workload: Workload): number =>
  Math.max(
    0,
    ...ownContainers(workload)
      // The injector replaces a hook that only sleeps.
      .filter(
        ({ preStop }) => workload.pod.drain.kind !== 'injected' || preStop?.onlySleeps !== true,
      )
      .map(({ preStop }) => preStop?.sleepSeconds ?? 0),
  );

/** What the pods need, in seconds: their sleep, then the longest request, then their own end. */
export function neededGrace(workload: Workload, settings: Settings): number {
  return sleepOf(workload) + longestRequest(workload, settings) + settings.reserveSeconds;
}

function tooShort(workload: Workload, settings: Settings, what: string): Problem[] {
  const { pod } = workload;
  const needed = neededGrace(workload, settings);
  return [
    {
      at: pod.grace.at,
      what,
      changes: [set(pod.grace.at, needed)],
      certain: needed <= grantedGrace(workload, settings),
    },
  ];
}

const given = ({ pod }: Workload): string =>
  pod.drain.kind === 'injected'
    ? ' (as injected)'
    : pod.grace.value === undefined
      ? ' (the default)'
      : '';

export const graceBelowRequest: Rule = {
  id: 'grace-below-longest-request',
  severity: 'error',
  title: 'A grace period shorter than the longest request',
  why: 'When terminationGracePeriodSeconds is over every process is killed, and what it was still doing is cut; the time of the hook counts against it.',
  source: KUBERNETES.podLifecycle,
  more: 'Needed: the seconds that a hook sleeps, the longest request (`--longest-request`, its annotation, or the read and write timeouts of the Kong Services before it, whichever is longest), and `--reserve`.',
  fixes: 'where the nodes grant as much: the grace period is raised',
  bad: rtFile(runtime({ pod: 'terminationGracePeriodSeconds: 30' })),
  good: rtFile(runtime({ pod: 'terminationGracePeriodSeconds: 120' })),
  check: (model: Model, settings) =>
    serving(model)
      .filter(({ kind }) => kind !== 'Pod')
      .flatMap((workload) => {
        const grace = gracePeriod(workload);
        const needed = neededGrace(workload, settings);
        if (grace >= needed || grace <= sleepOf(workload)) return [];
        const sleep = sleepOf(workload);
        const parts = `${sleep > 0 ? `${sleep} s of sleep, ` : ''}${longestRequest(workload, settings)} s for the longest request, ${settings.reserveSeconds} s in reserve`;
        return tooShort(
          workload,
          settings,
          `${workload.title}: the grace period is ${grace} s${given(workload)}, but ${needed} s are needed (${parts})`,
        );
      }),
};

export const hookExceedsGrace: Rule = {
  id: 'hook-exceeds-grace',
  severity: 'error',
  title: 'A preStop hook as long as the grace period, or longer',
  why: 'The hook runs within the grace period: one that takes all of it leaves the container two seconds after SIGTERM, so it is killed without a chance to finish.',
  source: KUBERNETES.hooks,
  fixes: 'where the nodes grant as much: the grace period is raised',
  bad: rtFile(
    runtime({
      pod: 'terminationGracePeriodSeconds: 30',
      container: 'lifecycle:\n  preStop:\n    exec: { command: [sleep, "30"] }',
    }),
  ),
  good: rtFile(
    runtime({
      pod: 'terminationGracePeriodSeconds: 120',
      container: 'lifecycle:\n  preStop:\n    exec: { command: [sleep, "30"] }',
    }),
  ),
  check: ({ workloads }: Model, settings) =>
    workloads.flatMap((workload) => {
      const sleep = sleepOf(workload);
      const grace = gracePeriod(workload);
      if (sleep === 0 || sleep < grace) return [];
      const what = `${workload.title}: a hook sleeps ${sleep} s, the grace period is ${grace} s${given(workload)}`;
      return tooShort(workload, settings, what);
    }),
};

function beyond(model: Model, settings: Settings, spot: boolean): Problem[] {
  return model.workloads.flatMap((workload) => {
    const granted = grantedGrace(workload, settings);
    const grace = gracePeriod(workload);
    if ((workload.pod.spot !== undefined) !== spot || grace <= granted) return [];
    if (workload.role === 'other' && workload.pod.grace.value === undefined) return [];
    const who = spot ? 'its spot nodes grant' : "a node's removal grants";
    return [
      {
        at: workload.pod.grace.at,
        what: `${workload.title}: the grace period is ${grace} s${given(workload)}, but ${who} ${granted} s`,
        changes: [set(workload.pod.grace.at, granted)],
      },
    ];
  });
}

export const graceBeyondSpot: Rule = {
  id: 'grace-beyond-spot',
  severity: 'warning',
  title: 'A grace period that spot nodes do not grant',
  why: 'When a spot node is taken back its pods have 15 to 25 s, whatever their grace period: longer uploads must be resumable, or run elsewhere.',
  source: GKE,
  more: 'The pods that ask for spot nodes are known by nodeSelector, tolerations and required node affinity (GKE, EKS, AKS, Karpenter).',
  bad: rtFile(
    runtime({
      pod: "nodeSelector: { cloud.google.com/gke-spot: 'true' }\nterminationGracePeriodSeconds: 120",
    }),
  ),
  good: rtFile(runtime({ pod: 'terminationGracePeriodSeconds: 120' })),
  check: (model, settings) => beyond(model, settings, true),
};

export const graceBeyondAutoscaler: Rule = {
  id: 'grace-beyond-autoscaler',
  severity: 'warning',
  title: "A grace period longer than the autoscaler's patience",
  why: 'The cluster autoscaler waits for at most 600 s (--max-graceful-termination-sec) before it removes a node with the pods on it.',
  source: AUTOSCALER,
  bad: rtFile(runtime({ pod: 'terminationGracePeriodSeconds: 3600' })),
  good: rtFile(runtime({ pod: 'terminationGracePeriodSeconds: 600' })),
  check: (model, settings) => beyond(model, settings, false),
};
