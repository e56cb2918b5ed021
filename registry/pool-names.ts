/** Owns the list of the pools that a Redis holds; for tools, which alone may need it. */
import { Cluster, type Redis } from 'ioredis';
import { DrainError, messageOf } from '../core/errors';

const POOL_KEY = /^drain:\{([^}]+)\}$/;
const KEYS_AT_ONCE = 1000;

/** Names in alphabetical order. Rejects with `CANNOT_LIST_POOLS` for lack of rights, else `REGISTRY_UNREACHABLE`. */
export async function poolNames(client: Redis | Cluster): Promise<string[]> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  try {
    const found = await Promise.all(nodes.map((node) => namesOn(node)));
    return [...new Set(found.flat())].sort();
  } catch (error) {
    const why = messageOf(error);
    if (/NOPERM|permission/i.test(why)) {
      const message = `this user of Redis may not list keys (${why}): name the pool with --pool`;
      throw new DrainError('CANNOT_LIST_POOLS', message, { cause: error });
    }
    throw new DrainError('REGISTRY_UNREACHABLE', `Redis did not answer: ${why}`, { cause: error });
  }
}

async function namesOn(node: Redis): Promise<string[]> {
  const names: string[] = [];
  let cursor = '0';
  do {
    const [next, keys] = await node.scan(cursor, 'MATCH', 'drain:{*}', 'COUNT', KEYS_AT_ONCE);
    names.push(...keys.flatMap((key) => POOL_KEY.exec(key)?.[1] ?? []));
    cursor = next;
  } while (cursor !== '0');
  return names;
}
