/** What the agent tells the registry of uploads, from what Kong answered: each number of one moment, and nothing where there are none. */
import { systemClock } from '../../core/clock';
import { PoolAgent } from '../../plugin/server/pool-agent';
import type { PoolAnswer } from '../../plugin/server/sync-client';
import { cleanUp, clientOf, onCleanUp, realRedis, registryOf } from '../registry/redis';
import { LEASE_MS } from '../registry/statements';

const [A, B] = ['10.1.0.1:8080', '10.1.0.2:8080'] as const;
const silent = { info: () => undefined, warn: () => undefined };

afterEach(cleanUp);

test('of serving targets with each full answer, of draining ones with each; an older plugin tells none', async () => {
  const { url } = await realRedis();
  const redis = await clientOf(url);
  const pool = (await registryOf(url)).registry.pool('rt');
  const options = { pool: 'rt', gateway: 'gw-1', addresses: [], leaseMs: LEASE_MS };
  const agent = new PoolAgent(pool, systemClock, options, silent, () => undefined);
  onCleanUp(() => agent.close());

  const answer = { epoch: 1, wanted: false, holding: {}, unassigned: 0, endedMs: {} };
  const toldAfter = async (said: Partial<PoolAnswer>): Promise<unknown> => {
    agent.answered({ ...answer, ...said });
    await agent.renew();
    const report = (await redis.hget('drain:{rt}:gateways', 'gw-1'))!;
    const { uploads } = JSON.parse(report.slice(report.indexOf(' '))) as { uploads?: unknown };
    if (uploads === undefined) expect(report).not.toContain('uploads');
    return uploads;
  };

  expect(await toldAfter({ inFlight: { [A]: 3, [B]: 2 } })).toBeUndefined();
  const both = { inFlight: { [A]: 3, [B]: 2 }, uploads: { [A]: 2, [B]: 1 } };
  expect(await toldAfter(both)).toEqual({ [A]: 2, [B]: 1 });
  expect(await toldAfter({ holding: { [B]: 4 }, uploads: { [B]: 3 } })).toEqual({ [A]: 2, [B]: 3 });
  expect(await toldAfter({ holding: { [B]: 1 } })).toEqual({ [A]: 2 });
  expect(await toldAfter({ inFlight: { [A]: 1 } })).toBeUndefined();
});
