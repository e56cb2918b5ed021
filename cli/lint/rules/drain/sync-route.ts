import type { Model } from '../../model';
import type { KongPlugin, KongRoute } from '../../kong/kong-model';
import { append, set } from '../../fix/change';
import type { Problem, Rule } from '../../rule';
import { SEEN } from '../../sources-of-facts';
import { kong, kongFile } from '../examples';
import { drainPlugins, isPoolName, poolOf } from './pool';

const plugin = 'plugins:\n  - name: drain\n    config: { pool: rt }';

const syncRoute = (extra = '', drain = '\n      - name: drain\n        config: { pool: rt }') =>
  `routes:
  - name: drain-sync
    paths: [/.drain/sync]
    protocols: [http]
    ${extra.trim()}
    plugins:
      - name: drain-registry${drain}`.replace(/\n\s*\n/g, '\n');

const withSync = (route: string) => kongFile(kong(plugin, route));

const has = ({ plugins }: KongRoute, plugin: string): boolean =>
  plugins.some(({ name, enabled }) => name === plugin && enabled);

const isSync = (route: KongRoute): boolean =>
  has(route, 'drain-registry') || route.paths.some((path) => path.startsWith('/.drain/'));

/** Those that let a named consumer in where the caller shows nothing (Kong docs: anonymous access). */
const TAKES_ANONYMOUS =
  /^(basic-auth|key-auth|jwt|oauth2|hmac-auth|ldap-auth|openid-connect|mtls-auth)(-advanced)?$/;

/** An instance of the guard for the sync route alone, that lets the plugin server in; undefined where none can. */
function opened(guard: string): Readonly<Record<string, unknown>> | undefined {
  if (TAKES_ANONYMOUS.test(guard)) return { name: guard, config: { anonymous: 'drain-sync' } };
  if (guard === 'ip-restriction') return { name: guard, config: { allow: ['127.0.0.1', '::1'] } };
  return undefined;
}

/** Plugins that may refuse a request or answer in place of others. */
const GUARDS =
  /^(basic-auth|key-auth|jwt|oauth2|hmac-auth|ldap-auth|openid-connect|acl|ip-restriction|bot-detection|rate-limiting|request-termination|mtls-auth|session|cors)(-advanced)?$/;

export const syncRouteMissing: Rule = {
  id: 'sync-route-missing',
  severity: 'error',
  title: 'No sync route',
  why: 'The plugin server hands drains to Kong over the sync route; without it the plugin `drain` has no view, Kong routes as without us, and no drain is acknowledged.',
  source: SEEN.ours,
  bad: kongFile(kong(plugin)),
  good: withSync(syncRoute()),
  check: (model: Model) => {
    const used = drainPlugins(model).filter(
      ({ scope, at }) => scope !== 'consumer' && !at.at('kind').present,
    );
    const [first] = used;
    if (first === undefined || model.kong.routes.some(isSync)) return [];
    const pool = poolOf(first).value ?? 'rt';
    return [
      {
        at: first.at,
        what: 'The plugin drain is used, but no route has the plugin drain-registry',
        snippet: syncRoute().replaceAll('pool: rt', `pool: ${pool}`),
      },
    ];
  },
};

export const syncRouteIncomplete: Rule = {
  id: 'sync-route-incomplete',
  severity: 'error',
  title: 'A sync route that cannot work',
  why: 'The sync route needs both plugins, no Service behind it, and the protocol http, since the plugin server calls it on loopback.',
  source: SEEN.ours,
  fixes: 'the missing plugin, and the protocols',
  bad: withSync(syncRoute('', '')),
  good: withSync(syncRoute()),
  check: (model: Model) =>
    model.kong.routes
      .filter((route) => isSync(route) && !route.hasService)
      .flatMap((route) => incomplete(route, model)),
};

function incomplete(route: KongRoute, model: Model): Problem[] {
  const { at, title, protocols } = route;
  const pool = drainPlugins(model)
    .map((one) => poolOf(one).value)
    .find((name) => name !== undefined);
  const drain = { name: 'drain', config: { pool: pool ?? 'rt' } };
  const problems: Problem[] = [];
  for (const entry of [{ name: 'drain-registry' }, drain]) {
    if (has(route, entry.name)) continue;
    problems.push({
      at: at.at('plugins'),
      what: `Kong ${title}: the plugin ${entry.name} is missing`,
      changes: [append(at.at('plugins'), entry)],
      certain: entry.name === 'drain-registry' || isPoolName(pool ?? ''),
    });
  }
  if (!protocols.includes('http')) {
    const what = `Kong ${title}: does not take http`;
    problems.push({
      at: at.at('protocols'),
      what,
      changes: [set(at.at('protocols'), ['http'])],
      certain: true,
    });
  }
  return problems;
}

export const syncRouteGuarded: Rule = {
  id: 'sync-route-guarded',
  severity: 'error',
  title: 'A global plugin stands before the sync route',
  why: 'A global plugin runs on the sync route too; one that asks for credentials, or limits rates, refuses the plugin server, and no drain is acknowledged.',
  source: SEEN.ours,
  more: 'An instance with `enabled: false` on the route exempts nothing: Kong leaves it out and takes the global one. One with `anonymous`, the name or id of a consumer without rights, does.',
  bad: withSync(`${syncRoute()}\nplugins:\n  - name: key-auth`),
  good: withSync(
    `${syncRoute()}\n      - name: key-auth\n        config: { anonymous: drain-sync }\nplugins:\n  - name: key-auth\nconsumers:\n  - username: drain-sync`,
  ),
  check: ({ kong: { routes, plugins } }) =>
    routes.filter(isSync).flatMap((route) =>
      plugins
        .filter(({ scope, name, enabled }) => scope === 'global' && enabled && GUARDS.test(name))
        .filter((guard) => !has(route, guard.name))
        .map((guard: KongPlugin) => {
          const instance = opened(guard.name);
          return {
            at: guard.at,
            what: `The global plugin ${guard.name} runs on Kong ${route.title} too`,
            ...(instance
              ? { changes: [append(route.at.at('plugins'), instance)] }
              : {
                  snippet: `# on each Service that needs it, not globally\nservices:\n  - name: rt\n    plugins:\n      - name: ${guard.name}`,
                }),
          };
        }),
    ),
};

export const registryEverywhere: Rule = {
  id: 'drain-registry-on-service',
  severity: 'warning',
  title: 'The plugin drain-registry runs on ordinary requests',
  why: 'Each request then calls the plugin server, which leaves 0.3 to 0.6 of the throughput, and stands still while that is busy; on the sync route alone no request ever waits for it.',
  source: SEEN.kong,
  bad: withSync(`${syncRoute()}\nplugins:\n  - name: drain-registry`),
  good: withSync(syncRoute()),
  check: ({ kong: { plugins, services, routes } }) => {
    const onSync = new Set(
      routes.filter((route) => !route.hasService).flatMap((route) => route.plugins),
    );
    const everywhere = plugins.filter(({ scope }) => scope === 'global');
    const onServices = services.flatMap((one) => [
      ...one.plugins,
      ...one.routes.flatMap((route) => route.plugins),
    ]);
    return [...everywhere, ...onServices]
      .filter((one) => one.name === 'drain-registry' && one.enabled && !onSync.has(one))
      .map((one) => ({
        at: one.at,
        what: `The plugin drain-registry is on a ${one.scope === 'global' ? 'whole Kong' : one.scope}`,
        snippet: syncRoute(),
      }));
  },
};
