/**
 * Owns the reading of Kong's declarative files (Kong docs: DB-less and declarative configuration; decK's are the same,
 * with defaults under `_info`). Entities may be nested or refer to each other; both come out alike.
 */
import type { Cursor } from '../yaml/cursor';
import { booleanField, type Field } from '../yaml/field';
import type { KongFile, KongPlugin, KongRoute, KongService, KongUpstream } from './kong-model';
import { nestedPlugins, readPlugin, reference, scopeOf } from './plugin';

/** A Kong Service before it is linked to Kubernetes objects. */
export type LoneKongService = Omit<KongService, 'leadsTo' | 'pods' | 'upstream'>;

export interface Declarative {
  readonly file: KongFile;
  readonly services: readonly LoneKongService[];
  readonly routes: readonly KongRoute[];
  readonly upstreams: readonly KongUpstream[];
  readonly plugins: readonly KongPlugin[];
}

/** Kong's defaults (Kong docs: Service entity): 5 retries, 60 s for each timeout. */
const DEFAULTS = { retries: 5, timeoutMs: 60_000 };

export function isDeclarative(root: Cursor): boolean {
  if (root.at('apiVersion').present) return false;
  const entities = ['services', 'routes', 'upstreams', 'plugins', 'consumers'];
  return (
    root.at('_format_version').present ||
    entities.some((key) =>
      root
        .at(key)
        .items()
        .some((item) => isEntity(item, key)),
    )
  );
}

/** Tells a Kong file without its version from a docker-compose.yml or some other file with `services`. */
function isEntity(item: Cursor, key: string): boolean {
  return key === 'services'
    ? item.at('host').present || item.at('url').present
    : key === 'routes'
      ? item.at('paths').present || item.at('hosts').present
      : key === 'upstreams' && item.at('targets').present;
}

export function readDeclarative(root: Cursor): Declarative {
  const loose = root.at('plugins').items();
  const looseRoutes = root.at('routes').items();
  const byRef = (kind: 'service' | 'route', at: Cursor) => {
    const names = [at.at('name').string(), at.at('id').string()].filter(isString);
    return loose
      .filter((plugin) => names.includes(reference(plugin.at(kind)) ?? ''))
      .map((plugin) => readPlugin(plugin, kind));
  };
  const readRoute = (at: Cursor, hasService: boolean): KongRoute => ({
    title: `route ${at.at('name').string() ?? at.at('paths').words().join(', ')}`,
    at,
    paths: at.at('paths').words(),
    protocols: at.at('protocols').present ? at.at('protocols').words() : ['http', 'https'],
    requestBuffering: booleanField(at.at('request_buffering')),
    plugins: [...nestedPlugins(at, 'route'), ...byRef('route', at)],
    hasService,
  });
  const services = root
    .at('services')
    .items()
    .map((at): LoneKongService => {
      const name = at.at('name').string() ?? at.at('host').string() ?? '';
      const routes = [
        ...at.at('routes').items(),
        ...looseRoutes.filter((route) => reference(route.at('service')) === name),
      ].map((route) => readRoute(route, true));
      const own = [...nestedPlugins(at, 'service'), ...byRef('service', at)];
      return {
        name,
        title: `Kong Service ${name}`,
        at,
        annotated: false,
        routes,
        plugins: own,
        ...settings(at, root),
      };
    });
  const free = looseRoutes
    .filter((route) => reference(route.at('service')) === undefined)
    .map((route) => readRoute(route, false));
  const top = loose.map((plugin) => readPlugin(plugin, scopeOf(plugin)));
  const nested = [...services, ...services.flatMap(({ routes }) => routes), ...free];
  return {
    file: { at: root, formatVersion: root.at('_format_version') },
    services,
    routes: [...services.flatMap(({ routes }) => routes), ...free],
    upstreams: root
      .at('upstreams')
      .items()
      .map((at) => readUpstream(at, root)),
    plugins: [
      ...new Set([
        ...top.filter(({ scope }) => scope === 'global' || scope === 'consumer'),
        ...nested.flatMap(({ plugins }) => plugins),
      ]),
    ],
  };
}

function settings(at: Cursor, root: Cursor) {
  const defaults = root.at('_info', 'defaults', 'service');
  const number = (key: string, standard: number): Field<number> => ({
    at: at.at(key),
    value: at.at(key).number() ?? defaults.at(key).number() ?? standard,
  });
  return {
    host: hostOf(at),
    retries: number('retries', DEFAULTS.retries),
    connectTimeout: number('connect_timeout', DEFAULTS.timeoutMs),
    readTimeout: number('read_timeout', DEFAULTS.timeoutMs),
    writeTimeout: number('write_timeout', DEFAULTS.timeoutMs),
  };
}

/** `url` is Kong's shorthand for protocol, host, port and path. */
function hostOf(at: Cursor): Field<string> {
  const url = at.at('url').string();
  if (url === undefined) return { value: at.at('host').string(), at: at.at('host') };
  const host = /^\w+:\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)/.exec(url)?.[1];
  return { value: host, at: at.at('url') };
}

function readUpstream(at: Cursor, root: Cursor): KongUpstream {
  const name = at.at('name').string() ?? '';
  const loose = root
    .at('targets')
    .items()
    .filter((item) => reference(item.at('upstream')) === name);
  return {
    name,
    at,
    targets: [...at.at('targets').items(), ...loose].flatMap((item) => {
      const target = item.at('target').string();
      return target === undefined ? [] : [target.replace(/:\d+$/, '')];
    }),
    active: at.at('healthchecks', 'active'),
    passive: at.at('healthchecks', 'passive'),
  };
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
