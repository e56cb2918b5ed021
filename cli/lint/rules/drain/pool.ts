import type { KongPlugin } from '../../kong/kong-model';
import { set } from '../../fix/change';
import type { Drain } from '../../kubernetes/pod-model';
import type { Model } from '../../model';
import type { Field } from '../../yaml/field';
import { stringField } from '../../yaml/field';
import type { Rule } from '../../rule';
import { SEEN } from '../../sources-of-facts';
import { hook, kong, runtime, sidecar } from '../examples';

const plugin = (pool: string): string => `plugins:\n  - name: drain\n    config: { pool: ${pool} }`;

export const drainPlugins = ({ kong: { plugins } }: Model): KongPlugin[] =>
  plugins.filter(({ name, enabled }) => name === 'drain' && enabled);

export const isPoolName = (name: string): boolean => /^[a-z0-9][a-z0-9.-]{0,62}$/.test(name);

/** The pool that pods announce themselves in, by their sidecar's settings or the injector's annotation. */
export function announcedPool(drain: Drain): Field<string> | undefined {
  if (drain.kind === 'injected') return drain.pool;
  return drain.kind === 'sidecar' ? drain.container.env.get('DRAIN_POOL') : undefined;
}

export const poolOf = ({ config }: KongPlugin): Field<string> => stringField(config.at('pool'));

export const drainPoolUnknown: Rule = {
  id: 'drain-pool-unknown',
  severity: 'error',
  title: 'Pods announce themselves in a pool that no Kong Service uses',
  why: 'The plugin `drain` routes to the pool of its config, so DRAIN_POOL of the sidecars must be the same name; pods of another pool get nothing from it and are not drained.',
  source: SEEN.ours,
  more: 'It fires only where a Kong file with the plugin `drain` is among the inputs.',
  bad: {
    'rt.yaml': runtime({ pod: sidecar(), container: hook }),
    'kong.yml': kong(plugin('runtime')),
  },
  good: {
    'rt.yaml': runtime({ pod: sidecar(), container: hook }),
    'kong.yml': kong(plugin('rt')),
  },
  check: (model) => {
    const pools = [...new Set(drainPlugins(model).map((one) => poolOf(one).value ?? ''))];
    if (pools.length === 0) return [];
    return model.workloads.flatMap(({ title, pod: { drain } }) => {
      const pool = announcedPool(drain);
      if (pool?.value === undefined || pools.includes(pool.value)) return [];
      return [
        {
          at: pool.at,
          what: `${title}: the pool is ${pool.value}, the plugins name ${pools.join(', ')}`,
          changes: [set(pool.at, pools[0])],
        },
      ];
    });
  },
};
