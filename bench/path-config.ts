/**
 * Owns the gateway's configuration of bench:path: the variants, side by side in one gateway.
 * Invariant: their Services differ in nothing but their plugins.
 */
import { stringify } from 'yaml';
import { readKongYml } from '../harness/declarative';

/**
 * `stock`: Kong's own balancing. `drain`: with the Lua plugin. `turns`, `hash`: that by the other policies; by the client's
 * address, which is one here. `js`: with drain-registry on every request.
 */
export const VARIANTS = ['stock', 'drain', 'turns', 'hash', 'js'] as const;
export type Variant = (typeof VARIANTS)[number];

export const POOL = 'bench';

const drain = { name: 'drain', config: { pool: POOL } };
const by = (policy: object): object => ({ ...drain, config: { ...drain.config, ...policy } });
const PLUGINS: Readonly<Record<Variant, readonly object[]>> = {
  stock: [],
  drain: [drain],
  turns: [by({ policy: 'round-robin' })],
  hash: [by({ policy: 'hash', hash_on: 'ip' })],
  js: [drain, { name: 'drain-registry' }],
};

/** The configuration as YAML. `targets`: `ip:port` of every pod, for Kong's own Upstream. */
export function pathConfig(targets: readonly string[]): string {
  const { services, routes } = readKongYml();
  const { retries, connect_timeout, write_timeout, read_timeout } =
    services[0] as unknown as Record<string, number>;
  return stringify({
    _format_version: '3.0',
    upstreams: [{ name: 'bench.upstream', targets: targets.map((target) => ({ target })) }],
    services: VARIANTS.map((variant) => ({
      name: variant,
      host: 'bench.upstream',
      protocol: 'http',
      ...{ retries, connect_timeout, write_timeout, read_timeout },
      plugins: PLUGINS[variant],
      routes: [{ name: variant, paths: [`/${variant}`], strip_path: false }],
    })),
    routes,
  });
}
