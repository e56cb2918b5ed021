/** What `history` says of connections that a drain closed knowingly, on a real Redis. */
import type { PoolDrain } from '../../cli/history/run';
import type { RedisRegistry } from '../../registry/redis-registry';
import { cleanUp, realRedis, registryOf } from '../registry/redis';
import { drainEntry, TARGET } from '../registry/statements';
import { cli } from './run';

let url: string;
let registry: RedisRegistry;

beforeAll(async () => {
  ({ url } = await realRedis());
  ({ registry } = await registryOf(url));
  await registry.history('rt').record(drainEntry(TARGET));
});
afterAll(cleanUp);

const history = async (...args: string[]) => (await cli(['history', '--redis', url, ...args])).out;

test('they are counted in the table, named with the timeline, and are not cut', async () => {
  expect(await history()).toContain('released, 3 closed');
  expect(await history('--timeline')).toContain(
    'closed knowingly: websocket /ws, 3 clients, the oldest 1m10s',
  );
  expect(JSON.parse(await history('-o', 'json', '--cut'))).toEqual([]);
  const [drain] = JSON.parse(await history('-o', 'json')) as PoolDrain[];
  expect(drain!.closed).toEqual([{ kind: 'websocket', path: '/ws', clients: 3, ageMs: 70_000 }]);
});
