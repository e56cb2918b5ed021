/**
 * Owns the declarative configuration of the harness's gateways: the repository's own kong.yml.
 * Invariant: without options only addresses differ from that file, so that what operators copy is what is tested.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { DrainError } from '../core/errors';
import { repositoryRoot } from './repository';

export interface DeclarativeOptions {
  /** `ip:port` of the Service: Kong's own way to the pods. */
  readonly service: string;
  /** The runtime speaks HTTPS. */
  readonly https?: boolean;
  /** The route's request_buffering; as in kong.yml if left out. */
  readonly requestBuffering?: boolean;
  readonly preserveHost?: boolean;
  readonly retries?: number;
  /** Laid over the config of the `drain` plugin on the Service. */
  readonly drain?: Readonly<Record<string, unknown>>;
  /** Without our plugins and the sync route: the rollout as most run it today. */
  readonly plain?: boolean;
}

interface PluginEntry {
  name: string;
  config?: Record<string, unknown>;
}

interface RouteEntry {
  name: string;
  request_buffering?: boolean;
  preserve_host?: boolean;
  plugins?: PluginEntry[];
}

interface ServiceEntry {
  name: string;
  protocol: 'http' | 'https';
  retries: number;
  routes: [RouteEntry, ...RouteEntry[]];
  plugins?: PluginEntry[];
}

/** The part of kong.yml that the harness changes; Kong checks the rest. */
export interface KongYml {
  _format_version: string;
  upstreams: [{ name: string; targets: { target: string }[] }];
  services: [ServiceEntry];
  routes?: RouteEntry[];
}

const OURS = ['drain', 'drain-registry'];

/** kong.yml as it is. */
export function readKongYml(): KongYml {
  return parse(readFileSync(path.join(repositoryRoot, 'kong.yml'), 'utf8')) as KongYml;
}

/** kong.yml with the options worked in, as YAML. Throws `BAD_KONG_YML` if it has become another shape. */
export function makeDeclarative(options: DeclarativeOptions): string {
  const config = readKongYml();
  const [upstream] = config.upstreams;
  const [service] = config.services;
  const route = service?.routes[0];
  if (!upstream || !service || !route) {
    throw new DrainError(
      'BAD_KONG_YML',
      'kong.yml must hold an upstream and a service with a route',
    );
  }
  upstream.targets = [{ target: options.service }];
  if (options.https) service.protocol = 'https';
  if (options.retries !== undefined) service.retries = options.retries;
  if (options.requestBuffering !== undefined) route.request_buffering = options.requestBuffering;
  if (options.preserveHost !== undefined) route.preserve_host = options.preserveHost;
  for (const plugin of service.plugins ?? []) {
    if (plugin.name === 'drain') plugin.config = { ...plugin.config, ...options.drain };
  }
  return stringify(options.plain ? withoutOurs(config) : config);
}

function withoutOurs({ routes = [], services: [service], ...rest }: KongYml): KongYml {
  const { plugins = [], ...bare } = service;
  const foreign = (plugin: PluginEntry): boolean => !OURS.includes(plugin.name);
  const kept = routes.filter((route) => route.plugins?.every(foreign) ?? true);
  const others = plugins.filter(foreign);
  return {
    ...rest,
    services: [others.length > 0 ? { ...bare, plugins: others } : bare],
    ...(kept.length > 0 ? { routes: kept } : {}),
  };
}
