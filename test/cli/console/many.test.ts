/** The console with 500 targets on a real Redis: what changes is told, and nothing else. */
import { waitFor } from '../../../harness/wait';
import { cleanUp, realRedis, registryOf } from '../../registry/redis';
import { draining, renewal, serving } from '../../registry/statements';
import { ask, Page, startConsole } from './console';

afterAll(cleanUp);

const TARGETS = 500;
const long = { leaseMs: 600_000 };
const idOf = (n: number) => `10.1.${Math.floor(n / 250)}.${(n % 250) + 1}:8080`;

test('one drain among 500 targets is told as one target', async () => {
  const { url } = await realRedis();
  const { registry } = await registryOf(url);
  const pool = registry.pool('rt');
  for (let n = 0; n < TARGETS; n++) {
    await pool.announce({ ...serving({ id: idOf(n), fence: 1, pod: `rt-${n}` }), ...long });
  }
  const holding = Object.fromEntries(
    Array.from({ length: TARGETS }, (_, n) => [idOf(n), 1 + (n % 3)]),
  );
  await pool.renew({ ...renewal({ fence: 1, holding }), ...long });
  const { url: at } = await startConsole('--redis', url);
  const pages = Array.from({ length: 20 }, () => new Page(at));
  const [page] = pages;
  await waitFor('all targets', () => page!.pools.get('rt')?.targets.size === TARGETS);
  const wholes = page!.bytes.whole!.length;
  const { epoch } = await pool.announce({
    ...draining({ id: idOf(7), fence: 1, serial: 2, pod: 'rt-7' }),
    ...long,
  });
  await waitFor('every page to know', () =>
    pages.every((one) => one.pools.get('rt')?.targets.get(idOf(7))?.state === 'draining'),
  );
  await pool.renew({ ...renewal({ fence: 1, serial: 2, epoch, holding, news: true }), ...long });
  await waitFor('the ack', () => page!.pools.get('rt')?.targets.get(idOf(7))?.drain?.acked === 1);
  const inFlight = [...page!.pools.get('rt')!.targets.values()].reduce(
    (sum, one) => sum + one.inFlight,
    0,
  );
  expect(inFlight).toBe(Object.values(holding).reduce((a, b) => a + b));
  expect(page!.bytes.whole).toHaveLength(wholes);
  const told = page!.bytes.change!;
  expect(told.length).toBeGreaterThan(0);
  expect(Math.max(...told)).toBeLessThan(2000);
  expect((await ask(`${at}/healthz`)).status).toBe(200);
});
