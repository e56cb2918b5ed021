import { startLoad, type Load } from '../../load/load';
import type { LoadResult } from '../../load/result';
import { MISBEHAVIOURS, listen, wellBehaved, type Behaviour } from './misbehaving-server';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((r) => setTimeout(r, 5));
  expect(condition()).toBe(true);
}

/** Serves, every third request badly, and counts those. */
async function serveEveryThirdBadly(act: Behaviour) {
  let seen = 0;
  let bad = 0;
  const server = await listen((request, response) => {
    seen += 1;
    if (seen % 3 === 0) bad += 1;
    (seen % 3 === 0 ? act : wellBehaved)(request, response);
  });
  cleanups.push(server.close);
  return { url: server.url, seen: () => seen, bad: () => bad };
}

function expectSums(result: LoadResult): void {
  const sum = (counts: Readonly<Record<string, number>>) =>
    Object.values(counts).reduce((a, b) => a + b, 0);
  expect(result.requests).toBe(result.gets + result.posts);
  expect(result.failed).toBe(sum(result.getFailed) + sum(result.postFailed));
  expect(result.cut).toBe(sum(result.uploadFailed));
  expect(sum(result.errors)).toBe(result.failed + result.cut);
}

describe('GETs and small POSTs', () => {
  test.each(Object.entries(MISBEHAVIOURS))(
    '%s is counted exactly, under its kind',
    async (_, { kind, act }) => {
      const server = await serveEveryThirdBadly(act);
      const load = startLoad({ urls: [server.url], getRate: 100, postRate: 100, timeoutMs: 400 });
      await until(() => server.seen() >= 60);
      const result = await load.stop();
      expect(result.errors).toEqual({ [kind]: server.bad() });
      expect(result.requests).toBe(server.seen());
      expect(result.failures).toHaveLength(result.failed);
      expectSums(result);
    },
  );

  test('a refused connection is counted as refused, at the gateway that refused', async () => {
    const server = await listen(wellBehaved);
    cleanups.push(server.close);
    const gone = await listen(wellBehaved);
    await gone.close();
    const load = startLoad({ urls: [server.url, gone.url], getRate: 200, postRate: 0 });
    await until(() => load.snapshot().requests >= 40);
    const result = await load.stop();
    expect(Object.keys(result.errors)).toEqual(['refused']);
    expect(Math.abs(result.requests - 2 * result.failed)).toBeLessThanOrEqual(1);
    expect(new Set(result.failures.map(({ gateway }) => gateway))).toEqual(new Set([gone.url]));
  });

  test('an answer to another POST is a wrong-answer', async () => {
    const server = await listen((request, response) => {
      request.resume().on('end', () => response.end('{"id":"other"}'));
    });
    cleanups.push(server.close);
    const load = startLoad({ urls: [server.url], getRate: 0, postRate: 100 });
    await until(() => load.snapshot().requests >= 10);
    const result = await load.stop();
    expect(result.errors).toEqual({ 'wrong-answer': result.posts });
  });

  test('slow answers are waited for at stop and are no failures', async () => {
    const held: (() => void)[] = [];
    const server = await listen((request, response) => {
      held.push(() => wellBehaved(request, response));
    });
    cleanups.push(server.close);
    const load = startLoad({ urls: [server.url], getRate: 50, postRate: 50 });
    await until(() => held.length >= 10);
    const stopped = load.stop();
    expect(load.snapshot()).toMatchObject({ requests: 0, inFlight: held.length });
    held.forEach((answer) => answer());
    expect(await stopped).toMatchObject({ requests: held.length, failed: 0 });
    expect(await load.stop()).toBe(await stopped);
  });

  test('kept-alive and fresh connections are both in the mix', async () => {
    const headers: (string | undefined)[] = [];
    const server = await listen((request, response) => {
      headers.push(request.headers.connection);
      wellBehaved(request, response);
    });
    cleanups.push(server.close);
    const load: Load = startLoad({
      urls: [server.url],
      getRate: 300,
      postRate: 100,
      freshShare: 0.3,
    });
    await until(() => headers.length >= 100);
    await load.stop();
    const fresh = headers.filter((value) => value === 'close').length / headers.length;
    expect(fresh).toBeGreaterThan(0.15);
    expect(fresh).toBeLessThan(0.45);
  });
});
