/**
 * Owns the reading of a Kong's Admin API into the declarative configuration that it amounts to.
 * Invariant: reads only. Entities and paging as in Kong docs: Admin API.
 */
import { stringify } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../../core/errors';
import type { ConfigEvidence } from '../evidence';
import { get } from './get';

const reference = z.looseObject({ id: z.string() }).nullish();
const entity = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  service: reference,
  route: reference,
  consumer: reference,
});
const page = z.object({ data: z.array(entity), next: z.string().nullish() });

type Entity = z.infer<typeof entity>;

const PAGES_MAX = 100;

/** Never rejects. */
export async function readAdmin(url: string): Promise<ConfigEvidence> {
  try {
    const [services, routes, plugins, upstreams] = await Promise.all(
      ['services', 'routes', 'plugins', 'upstreams'].map((kind) => all(url, `/${kind}`)),
    );
    const withTargets = await Promise.all(
      (upstreams ?? []).map(async (upstream) => ({
        ...bare(upstream),
        targets: (await all(url, `/upstreams/${upstream.id}/targets`)).map(bare),
      })),
    );
    const text = declarative(services ?? [], routes ?? [], plugins ?? [], withTargets);
    return { source: url, text };
  } catch (error) {
    return { source: url, text: '', failure: messageOf(error) };
  }
}

async function all(base: string, path: string): Promise<Entity[]> {
  const found: Entity[] = [];
  let next: string | null | undefined = `${path}?size=1000`;
  for (let pages = 0; typeof next === 'string' && pages < PAGES_MAX; pages++) {
    const { status, body } = await get(new URL(next, base).href);
    if (status !== 200) throw new Error(`${path} answers ${status}`);
    const read = page.parse(JSON.parse(body));
    found.push(...read.data);
    next = read.next;
  }
  return found;
}

/** Entities refer to each other by id; here plugins and routes stand inside what they belong to. */
function declarative(
  services: readonly Entity[],
  routes: readonly Entity[],
  plugins: readonly Entity[],
  upstreams: readonly object[],
): string {
  const of = (list: readonly Entity[], kind: 'service' | 'route', id: string | undefined) =>
    list.filter((one) => one[kind]?.id === id);
  const pluginsOf = (kind: 'service' | 'route', id: string) => of(plugins, kind, id).map(bare);
  const route = (one: Entity) => ({ ...bare(one), plugins: pluginsOf('route', one.id) });
  const isGlobal = (one: Entity) => !one.service && !one.route && !one.consumer;
  return stringify({
    _format_version: '3.0',
    services: services.map((one) => ({
      ...bare(one),
      routes: of(routes, 'service', one.id).map(route),
      plugins: of(plugins, 'service', one.id)
        .filter((plugin) => !plugin.route)
        .map(bare),
    })),
    routes: of(routes, 'service', undefined).map(route),
    upstreams,
    plugins: plugins.filter(isGlobal).map(bare),
  });
}

const IDENTITY = new Set(['id', 'service', 'route', 'consumer', 'created_at', 'updated_at']);

function bare(one: Entity): object {
  const kept = Object.entries(one).filter(([key, value]) => value !== null && !IDENTITY.has(key));
  return Object.fromEntries(kept);
}
