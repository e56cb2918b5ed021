import { set } from '../../fix/change';
import type { Problem, Rule } from '../../rule';
import { gracePeriod, grantedGrace, longestRequest } from '../../settings';
import { KONG, NGINX } from '../../sources-of-facts';
import { gateway, rtFile } from '../examples';
import { gateways } from '../workloads';

interface Quit {
  /** Seconds before the listeners close. */
  readonly wait: number;
  /** Seconds from then until Kong is stopped by force. */
  readonly timeout: number;
  readonly text: string;
}

const option = (text: string, long: string, short: string): number | undefined => {
  const match = new RegExp(`(?:--${long}|-${short})[= ]?(\\d+)`).exec(text);
  return match === null ? undefined : Number(match[1]);
};

/** Reads `kong quit` out of a hook; Kong's defaults are a wait of 0 s and a timeout of 10 s. */
function readQuit(exec: string | undefined, sleepSeconds: number): Quit | undefined {
  const text = /\bkong\s+quit\b[^;&|"']*/.exec(exec ?? '')?.[0].trim();
  if (text === undefined) return undefined;
  const wait = (option(text, 'wait', 'w') ?? 0) + sleepSeconds;
  return { wait, timeout: option(text, 'timeout', 't') ?? 10, text };
}

const withHook = (command: string, grace: number): string =>
  gateway({
    pod: `terminationGracePeriodSeconds: ${grace}`,
    container: `lifecycle:\n  preStop:\n    exec: { command: [kong, quit, ${command}] }`,
  });

export const gatewayQuitMissing: Rule = {
  id: 'gateway-quit-missing',
  severity: 'error',
  title: 'A Kong that closes its listeners at once',
  why: 'Without a preStop hook Kong closes its listeners while the load balancer still sends it connections; `kong quit --wait` goes on serving until that has ended.',
  source: KONG.cli,
  bad: rtFile(gateway({})),
  good: rtFile(withHook('--wait=15, --timeout=90', 120)),
  check: (model, settings) =>
    gateways(model)
      .filter(({ kong }) => kong.preStop === undefined)
      .map(({ workload, kong }) => ({
        at: kong.at,
        what: `${workload.title}: container ${kong.name} has no preStop hook`,
        changes: [
          set(kong.at.at('lifecycle'), {
            preStop: {
              exec: {
                command: [
                  'kong',
                  'quit',
                  '--wait=15',
                  `--timeout=${longestRequest(workload, settings)}`,
                ],
              },
            },
          }),
        ],
      })),
};

export const gatewayQuitTimeout: Rule = {
  id: 'gateway-quit-timeout',
  severity: 'error',
  title: 'Kong quits before its uploads are done',
  why: '`kong quit` stops Kong by force after its --timeout, 10 s by default, whatever it is still receiving or sending.',
  source: KONG.cli,
  bad: rtFile(withHook('--wait=15', 120)),
  good: rtFile(withHook('--wait=15, --timeout=90', 120)),
  check: (model, settings) =>
    gateways(model).flatMap(({ workload, kong }): Problem[] => {
      const quit = readQuit(kong.preStop?.exec, kong.preStop?.sleepSeconds ?? 0);
      const needed = longestRequest(workload, settings);
      if (quit === undefined || kong.preStop === undefined || quit.timeout >= needed) return [];
      return [
        {
          at: kong.preStop.at.at('exec', 'command'),
          what: `${workload.title}: "${quit.text}" stops Kong by force after ${quit.timeout} s, the longest request takes ${needed} s`,
          snippet: `preStop:\n  exec:\n    command: [kong, quit, --wait=${quit.wait > 0 ? quit.wait : 15}, --timeout=${needed}]`,
        },
      ];
    }),
};

export const gatewayQuitExceedsGrace: Rule = {
  id: 'gateway-quit-exceeds-grace',
  severity: 'error',
  title: "Kong's quit takes longer than the grace period",
  why: 'The hook counts against the grace period: when that is over Kong is killed with all its requests.',
  source: KONG.cli,
  fixes: 'where the nodes grant as much: the grace period is raised',
  bad: rtFile(withHook('--wait=30, --timeout=90', 60)),
  good: rtFile(withHook('--wait=30, --timeout=90', 130)),
  check: (model, settings) =>
    gateways(model).flatMap(({ workload, kong }): Problem[] => {
      const quit = readQuit(kong.preStop?.exec, kong.preStop?.sleepSeconds ?? 0);
      const grace = gracePeriod(workload);
      if (quit === undefined || quit.wait + quit.timeout <= grace) return [];
      const needed = quit.wait + quit.timeout + settings.reserveSeconds;
      return [
        {
          at: workload.pod.grace.at,
          what: `${workload.title}: "${quit.text}" may take ${quit.wait + quit.timeout} s, the grace period is ${grace} s`,
          changes: [set(workload.pod.grace.at, needed)],
          certain: needed <= grantedGrace(workload, settings),
        },
      ];
    }),
};

const SHUTDOWN = 'KONG_NGINX_MAIN_WORKER_SHUTDOWN_TIMEOUT';

export const gatewayShutdownTimeout: Rule = {
  id: 'gateway-worker-shutdown-timeout',
  severity: 'warning',
  title: "Kong's workers give up before their uploads are done",
  why: 'nginx closes all connections of a worker that is shutting down (at a quit, and at each `kong reload`) when worker_shutdown_timeout is over.',
  source: NGINX.core,
  fixes: 'always: it becomes the longest request and the reserve',
  bad: rtFile(gateway({ container: `env:\n  - { name: ${SHUTDOWN}, value: 10s }` })),
  good: rtFile(gateway({ container: `env:\n  - { name: ${SHUTDOWN}, value: 90s }` })),
  check: (model, settings) =>
    gateways(model).flatMap(({ workload, kong }) => {
      const env = kong.env.get(SHUTDOWN);
      const match = /^(\d+)(s|m|h)?$/.exec(env?.value ?? '');
      if (env === undefined || match === null) return [];
      const seconds = Number(match[1]) * ({ m: 60, h: 3600 }[match[2] ?? ''] ?? 1);
      const needed = longestRequest(workload, settings);
      if (seconds === 0 || seconds >= needed) return [];
      return [
        {
          at: env.at,
          what: `${workload.title}: ${SHUTDOWN} is ${env.value ?? ''}, the longest request takes ${needed} s`,
          changes: [set(env.at, `${needed + settings.reserveSeconds}s`)],
          certain: true,
        },
      ];
    }),
};
