/** The policies in the request path of a gateway: what a session is known by, where it goes, what it is told. */
import { cleanUp, freePort, type Answer } from '../../standin/support';
import { placesOf, startPlacing, startTargets } from './placing';

afterEach(cleanUp);

const byHeader = { policy: 'hash', hash_on: 'header', hash_on_header: 'x-session' };
const byCookie = { policy: 'hash', hash_on: 'cookie', hash_on_cookie: 'rt-session' };

const cookiesOf = (answer: Answer): string[] => answer.headers['set-cookie'] ?? [];

test('by a header: a session stays, two gateways agree, and only those of a target that drains move', async () => {
  const targets = await startTargets(4);
  const [one, other] = await Promise.all([
    startPlacing(byHeader, targets[0]!),
    startPlacing(byHeader, targets[0]!),
  ]);
  await one.hand({ serving: targets });
  await other.hand({ serving: [...targets].reverse() });
  const places = await placesOf(one, 'x-session', 60);
  expect(new Set(places.values()).size).toBe(4);
  expect(await placesOf(one, 'x-session', 60)).toEqual(places);
  expect(await placesOf(other, 'x-session', 60)).toEqual(places);

  const [draining, ...serving] = targets;
  await one.hand({ serving, draining: [draining!] });
  const after = await placesOf(one, 'x-session', 60);
  for (const [session, place] of places) {
    if (place === draining) expect(serving).toContain(after.get(session));
    else expect(after.get(session)).toBe(place);
  }
});

test('a retry goes to the target that the session would have without the one that failed', async () => {
  const targets = await startTargets(3);
  const dead = `127.0.0.1:${await freePort()}`;
  const without = await startPlacing(byHeader, targets[0]!);
  await without.hand({ serving: targets });
  const places = await placesOf(without, 'x-session', 40);
  const retrying = await startPlacing({ ...byHeader, eject_seconds: 0 }, targets[0]!);
  await retrying.hand({ serving: [dead, ...targets] });
  expect(await placesOf(retrying, 'x-session', 40)).toEqual(places);
  expect(Number(await retrying.gateway.peek('stat:retries'))).toBeGreaterThan(2);
});

test('without the header a request goes by least-requests, or as hash_fallback says', async () => {
  const targets = await startTargets(3);
  const none = await startPlacing(byHeader, targets[0]!);
  await none.hand({ serving: targets });
  const ip = await startPlacing({ ...byHeader, hash_fallback: 'ip' }, targets[0]!);
  await ip.hand({ serving: targets });
  const cookie = { ...byHeader, hash_fallback: 'cookie', hash_on_cookie: 'c' };
  const issuing = await startPlacing(cookie, targets[0]!);
  await issuing.hand({ serving: targets });
  const seen = { none: new Set<string>(), ip: new Set<string>() };
  for (let i = 0; i < 40; i++) {
    seen.none.add((await none.place()).target);
    seen.ip.add((await ip.place({ 'x-session': '' })).target);
  }
  expect(seen.none.size).toBeGreaterThan(1);
  expect(seen.ip.size).toBe(1);
  expect(cookiesOf(await issuing.place())).toEqual([expect.stringMatching(/^c=[0-9a-f]{32}; /)]);
  expect(cookiesOf(await issuing.place({ 'x-session': 'a' }))).toEqual([]);
});

test('by address: the one that a trusted proxy names, else the connection’s own', async () => {
  const targets = await startTargets(4);
  const byIp = { policy: 'hash', hash_on: 'ip' };
  const trusting = await startPlacing(byIp, targets[0]!, { trustedIps: ['127.0.0.0/8'] });
  const wary = await startPlacing(byIp, targets[0]!);
  const seen = { trusting: new Set<string>(), wary: new Set<string>() };
  await trusting.hand({ serving: targets });
  await wary.hand({ serving: targets });
  for (let i = 0; i < 40; i++) {
    const headers = { 'x-real-ip': `10.9.8.${i}` };
    seen.trusting.add((await trusting.place(headers)).target);
    seen.wary.add((await wary.place(headers)).target);
  }
  expect(seen.trusting.size).toBe(4);
  expect(seen.wary.size).toBe(1);
});

describe('by a cookie', () => {
  test('one is issued that cannot be guessed, and leads to the same target from then on', async () => {
    const targets = await startTargets(4);
    const placing = await startPlacing({ ...byCookie, hash_on_cookie_path: '/rt' }, targets[0]!);
    await placing.hand({ serving: targets });
    const values = new Set<string>();
    for (let i = 0; i < 30; i++) {
      const first = await placing.place();
      const [cookie, ...others] = cookiesOf(first);
      expect(others).toEqual([]);
      expect(cookie).toMatch(/^rt-session=[0-9a-f]{32}; Path=\/rt; HttpOnly; SameSite=Lax$/);
      const value = cookie!.split(';')[0]!;
      values.add(value);
      const second = await placing.place({ cookie: `other=1; ${value}` });
      expect(cookiesOf(second)).toEqual([]);
      expect(second.target).toBe(first.target);
    }
    expect(values.size).toBe(30);
  });

  test('it is Secure where a trusted proxy says https, and SameSite as configured', async () => {
    const targets = await startTargets(2);
    const strict = { ...byCookie, hash_on_cookie_same_site: 'Strict' };
    const wary = await startPlacing(strict, targets[0]!);
    const trusting = await startPlacing(strict, targets[0]!, { trustedIps: ['127.0.0.1'] });
    await wary.hand({ serving: targets });
    await trusting.hand({ serving: targets });
    const forwarded = { 'x-forwarded-proto': 'https' };
    const secure = /; HttpOnly; SameSite=Strict; Secure$/;
    expect(cookiesOf(await trusting.place(forwarded))[0]).toMatch(secure);
    expect(cookiesOf(await wary.place(forwarded))[0]).toMatch(/; HttpOnly; SameSite=Strict$/);
  });

  test('whatever a client sends for one is taken as its name', async () => {
    const targets = await startTargets(4);
    const placing = await startPlacing(byCookie, targets[0]!);
    await placing.hand({ serving: targets });
    const odd = ['\u00ff', '"a b"', '=;', 'x'.repeat(6000), '%00%ff', '../..', 'é'];
    for (const value of odd) {
      const headers = { cookie: Buffer.from(`rt-session=${value}`).toString('latin1') };
      const [first, again] = [await placing.place(headers), await placing.place(headers)];
      expect([first.status, again.status]).toEqual([200, 200]);
      expect(again.target).toBe(first.target);
    }
    const [empty] = cookiesOf(await placing.place({ cookie: 'rt-session=' }));
    expect(empty).toMatch(/^rt-session=[0-9a-f]{32};/);
    expect(placing.gateway.log()).not.toMatch(/\[error\]/);
  });

  test('cookies of the upstream stay, and one of that name is left to it', async () => {
    const others = await startTargets(1, ['a=1', 'b=2']);
    const own = await startTargets(1, ['rt-session=mine; Path=/', 'b=2']);
    const placing = await startPlacing(byCookie, others[0]!);
    await placing.hand({ serving: others });
    expect(cookiesOf(await placing.place())).toEqual([
      'a=1',
      'b=2',
      expect.stringMatching(/^rt-session=/),
    ]);
    await placing.hand({ serving: own });
    expect(cookiesOf(await placing.place())).toEqual(['rt-session=mine; Path=/', 'b=2']);
  });
});

test.each([byCookie, byHeader, { policy: 'hash', hash_on: 'ip' }, { policy: 'round-robin' }])(
  'without a view Kong’s own routing decides, and nobody sees an error: %o',
  async (config) => {
    const targets = await startTargets(2);
    const placing = await startPlacing(config, targets[0]!);
    for (let i = 0; i < 5; i++) {
      const answer = await placing.place({ 'x-session': `${i}` });
      expect(answer).toMatchObject({ status: 200, target: targets[0] });
      expect(cookiesOf(answer)).toEqual([]);
    }
    await placing.hand({ serving: [] });
    expect(await placing.place()).toMatchObject({ status: 200, target: targets[0] });
    expect(placing.gateway.log()).not.toMatch(/\[error\]/);
  },
);
