/**
 * Session affinity through a rollout under load: nothing is lost, and no session moves without need.
 * E2E_AFFINITY_PODS: how many pods are replaced (4).
 */
import { waitFor } from '../../../harness/wait';
import { sharedFleet, untilRouting } from '../support/fleet';
import { ask } from '../support/request';
import { expectUnharmed, underLoad } from '../support/under-load';
import { Sessions, type Stay } from './sessions';

const COOKIE = 'rt-session';
const PODS = Number(process.env['E2E_AFFINITY_PODS'] ?? 4);
const SESSIONS = 20 * PODS;
/** Between a pod's announcement and a gateway that knows of it, on a busy machine. */
const HEARD_MS = 2000;

const sessions = new Sessions();
const fleet = sharedFleet(
  {
    mode: 'drain',
    gateways: 2,
    pods: PODS,
    drain: { policy: 'hash', hash_on: 'cookie', hash_on_cookie: COOKIE },
  },
  () => () => sessions.end(),
);

/** Where each session is, by every gateway. */
async function places(): Promise<string[][]> {
  return Promise.all(
    sessions.all.map(({ cookie }) =>
      Promise.all(
        fleet().gateways.map(async ({ proxyUrl }) => (await sessions.ask(proxyUrl, cookie)).pod),
      ),
    ),
  );
}

const agreed = async (): Promise<boolean> =>
  (await places()).every((pods) => new Set(pods).size === 1);

test('a cookie is issued as the connection is', async () => {
  const [gateway] = fleet().gateways;
  const cookieOf = async (url: string) => (await ask(`${url}/headers`)).headers['set-cookie'];
  const issued = `^${COOKIE}=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Lax`;
  expect(await cookieOf(gateway!.proxyUrl)).toEqual([expect.stringMatching(`${issued}$`)]);
  expect(await cookieOf(gateway!.tlsUrl)).toEqual([expect.stringMatching(`${issued}; Secure$`)]);
});

test(
  `${SESSIONS} sessions through a rollout of ${PODS} pods`,
  async () => {
    await sessions.begin(SESSIONS, fleet().gateways);
    expect(new Set(sessions.all.map(({ stays }) => stays[0]!.pod)).size).toBe(PODS);
    expect(await agreed()).toBe(true);

    const comingMs = new Map<string, number>();
    const leavingMs = new Map<string, number>();
    fleet().on('pod', ({ pod, state }) => {
      if (state === 'ready') comingMs.set(pod.name, performance.now());
      if (state === 'terminating') leavingMs.set(pod.name, performance.now());
    });
    sessions.run(60);
    const result = await underLoad(fleet(), async () => {
      for (const { hook } of (await fleet().roll()).deletions) {
        expect(hook).toMatchObject({ ok: true, body: { outcome: 'released', blind: false } });
      }
      await untilRouting(fleet());
    });
    await waitFor('the gateways to agree', agreed);
    await sessions.end();

    expectUnharmed(result);
    expect(sessions.failures).toEqual([]);
    const needed = (from: Stay, to: Stay): boolean => {
      const leaves = (leavingMs.get(from.pod) ?? Infinity) <= to.firstMs + HEARD_MS;
      return leaves || from.lastMs <= (comingMs.get(to.pod) ?? -Infinity) + HEARD_MS;
    };
    let moves = 0;
    for (const { stays } of sessions.all) {
      const pods = stays.map(({ pod }) => pod);
      expect(pods).toEqual([...new Set(pods)]); // it never comes back
      stays
        .slice(1)
        .forEach((to, i) => expect([stays[i], to, needed(stays[i]!, to)]).toContain(true));
      expect(stays.length - 1).toBeLessThanOrEqual(PODS);
      moves += stays.length - 1;
    }
    // Of each pod that comes and each that leaves about a fifth; by chance alone they would move at each request.
    expect(moves).toBeGreaterThan(SESSIONS / 2);
    expect(moves).toBeLessThan(SESSIONS * PODS);
  },
  20_000 + 10_000 * PODS,
);
