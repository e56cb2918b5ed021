import { append, set } from '../../fix/change';
import type { KongService } from '../../kong/kong-model';
import type { Model } from '../../model';
import type { Problem, Rule } from '../../rule';
import { SEEN } from '../../sources-of-facts';
import { kong, kongFile } from '../examples';
import { announcedPool, drainPlugins, isPoolName, poolOf } from './pool';

const plugin = 'plugins:\n  - name: drain\n    config: { pool: rt }';

/** A second Service that leads to the same host. */
const second = `  - name: rt-admin
    host: rt.upstream
    plugins:
      - name: drain
        config: { pool: rt }
    routes:
      - name: rt-admin
        paths: [/admin]`;

const hasDrain = ({ plugins, routes }: KongService): boolean =>
  [...plugins, ...routes.flatMap((route) => route.plugins)].some(
    ({ name, enabled }) => name === 'drain' && enabled,
  );

/** The pool of the pods behind a Kong Service, or of another Service with the same host. */
function poolBehind({ kong: { services } }: Model, one: KongService): string | undefined {
  const announced = one.pods.map(({ pod }) => announcedPool(pod.drain)?.value);
  const siblings = services.filter(
    (other) => other !== one && one.host.value !== undefined && other.host.value === one.host.value,
  );
  const named = siblings.flatMap(({ plugins }) =>
    plugins.filter(({ name }) => name === 'drain').map((found) => poolOf(found).value),
  );
  return [...announced, ...named].find((pool) => pool !== undefined);
}

export const drainPluginMissing: Rule = {
  id: 'drain-plugin-missing',
  severity: 'error',
  title: 'A Kong Service leads past the plugin `drain` to protected pods',
  why: 'Requests of a Service without the plugin are not counted and not told of drains: they go on reaching a draining pod, and it can only watch its sockets for them.',
  source: SEEN.ours,
  fixes: 'in declarative files, where the pool is known from the pods or from another Service',
  bad: kongFile(
    kong(plugin, '').replace(/\n$/, `\n${second.replace(/ {4}plugins:\n.*\n.*\n/, '')}\n`),
  ),
  good: kongFile(kong(plugin, '').replace(/\n$/, `\n${second}\n`)),
  check: (model) => {
    const global = drainPlugins(model).some(({ scope }) => scope === 'global');
    if (global) return [];
    return model.kong.services
      .filter((one) => !hasDrain(one))
      .flatMap((one): Problem[] => {
        const pool = poolBehind(model, one);
        if (pool === undefined) return [];
        const entry = { name: 'drain', config: { pool } };
        return [
          {
            at: one.at,
            what: `${one.title}: leads to pods of pool ${pool} without the plugin drain`,
            ...(one.annotated
              ? {
                  snippet:
                    'metadata:\n  annotations:\n    konghq.com/plugins: drain # a KongPlugin with plugin: drain',
                }
              : { changes: [append(one.at.at('plugins'), entry)], certain: isPoolName(pool) }),
          },
        ];
      });
  },
};

export const drainConfig: Rule = {
  id: 'drain-config',
  severity: 'error',
  title: "The plugin drain's config is not valid",
  why: "The plugin's schema wants a pool of lower-case letters, digits, '-' and '.', and Kong refuses a whole declarative file for one invalid plugin.",
  source: SEEN.ours,
  bad: kongFile(kong('plugins:\n  - name: drain\n    config: { tries: 3 }')),
  good: kongFile(kong(plugin)),
  check: (model) =>
    drainPlugins(model).flatMap((one) => {
      const pool = poolOf(one);
      if (pool.value !== undefined && isPoolName(pool.value)) return [];
      return [
        {
          at: pool.at,
          what: `Plugin drain: ${pool.value === undefined ? 'no pool is given' : `"${pool.value}" is no name of a pool`}`,
          changes: [set(pool.at, 'rt')],
        },
      ];
    }),
};

export const drainTries: Rule = {
  id: 'drain-tries-over-retries',
  severity: 'warning',
  title: "The Service's retries allow fewer tries than the plugin drain",
  why: 'Kong itself bounds all tries of a request by the retries of the Service, so the plugin cannot move on to as many pods as it is told to.',
  source: SEEN.ours,
  fixes: "in declarative files: the Service's retries are raised",
  bad: kongFile(kong(`retries: 1\n${plugin}`)),
  good: kongFile(kong(`retries: 5\n${plugin}`)),
  check: ({ kong: { services } }) =>
    services.flatMap((one) => {
      const found = one.plugins.find(({ name, enabled }) => name === 'drain' && enabled);
      const tries = found?.config.at('tries').number() ?? 3;
      const retries = one.retries.value ?? 5;
      if (found === undefined || retries === 0 || retries >= tries - 1) return [];
      return [
        {
          at: one.retries.at,
          what: `${one.title}: ${retries} retries allow ${retries + 1} tries, the plugin drain would make ${tries}`,
          changes: [set(one.retries.at, one.annotated ? String(tries - 1) : tries - 1)],
          certain: !one.annotated,
        },
      ];
    }),
};
