/** Who may do what at the console: anyone may look who asks by its own name; orders need the token. On a real Redis. */
import { waitFor } from '../../../harness/wait';
import type { RedisRegistry } from '../../../registry/redis-registry';
import { cleanUp, clientOf, realRedis, registryOf } from '../../registry/redis';
import { draining, serving } from '../../registry/statements';
import { cli } from '../run';
import { ask, order, Page, pageFile, startConsole, TOKEN } from './console';

const [A, B] = ['10.1.0.1:8080', '10.1.0.2:8080'] as const;

let redisUrl: string;
let admin: Awaited<ReturnType<typeof clientOf>>;
let registry: RedisRegistry;
let open: string;
let guarded: string;

beforeAll(async () => {
  ({ url: redisUrl } = await realRedis());
  admin = await clientOf(redisUrl);
  ({ registry } = await registryOf(redisUrl));
  ({ url: open } = await startConsole('--redis', redisUrl));
  const allowed = ['--allow-host', 'console.example.com'];
  ({ url: guarded } = await startConsole('--redis', redisUrl, '--token', TOKEN, ...allowed));
});
beforeEach(async () => {
  await admin.flushall();
  const said = { leaseMs: 600_000, node: 'n1' };
  await registry.pool('rt').announce({ ...serving({ id: A, fence: 1, pod: 'rt-a.uid' }), ...said });
  await registry.pool('rt').announce({ ...serving({ id: B, fence: 1, pod: 'rt-b' }), ...said });
});
afterAll(cleanUp);

const drainA = { act: 'drain', pool: 'rt', target: A, podId: 'rt-a.uid' };
const stateOf = async (id: string) => (await registry.pool('rt').view()).targets.get(id)?.state;

test.each(['/api/orders', '/api/token'])('without a token there is no %s', async (route) => {
  const headers = { 'x-kong-drain': 'console', authorization: `Bearer ${TOKEN}` };
  const refused = await ask(`${open}${route}`, { method: 'POST', headers, body: '{}' });
  expect(refused.status).toBe(404);
  const page = new Page(open);
  await waitFor('the page', () => page.heard.length > 0);
  expect(page.orders).toBe(false);
});

test('with the token a target is drained, and undrained', async () => {
  expect(await order(guarded, drainA)).toMatchObject({ status: 200, body: '{"result":"ordered"}' });
  expect(await stateOf(A)).toBe('draining');
  expect(await stateOf(B)).toBe('serving');
  expect(await order(guarded, { ...drainA, act: 'undrain' })).toMatchObject({ status: 200 });
  expect(await stateOf(A)).toBe('serving');
});

test.each([
  ['another token', { authorization: 'Bearer not-the-token-at-all' }, 401, 'BAD_TOKEN'],
  ['half of it', { authorization: `Bearer ${TOKEN.slice(0, 8)}` }, 401, 'BAD_TOKEN'],
  ['no token', { authorization: undefined }, 401, 'BAD_TOKEN'],
  ['Basic', { authorization: `Basic ${TOKEN}` }, 401, 'BAD_TOKEN'],
  ['no own header', { 'x-kong-drain': undefined }, 403, 'NO_ORDER_HEADER'],
])('an order with %s is refused', async (_, headers, status, code) => {
  const sent = { 'x-kong-drain': 'console', authorization: `Bearer ${TOKEN}`, ...headers };
  const given = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
  const answer = await ask(`${guarded}/api/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...given },
    body: JSON.stringify(drainA),
  });
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject({ code });
  expect(await stateOf(A)).toBe('serving');
});

test('the last serving target is drained only by force', async () => {
  await order(guarded, drainA);
  const drainB = { act: 'drain', pool: 'rt', target: B, podId: 'rt-b' };
  const refused = await order(guarded, drainB);
  expect(refused.status).toBe(409);
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'LAST_SERVING' });
  expect(await stateOf(B)).toBe('serving');
  expect((await order(guarded, { ...drainB, force: true })).status).toBe(200);
  expect(await stateOf(B)).toBe('draining');
});

test('another pod on the address that the page showed is not hit', async () => {
  const refused = await order(guarded, { ...drainA, podId: 'rt-a.before' });
  expect(refused.status).toBe(409);
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'GONE' });
  expect(await stateOf(A)).toBe('serving');
});

test('what a hook began is not taken back', async () => {
  await registry.pool('rt').announce({
    ...draining({ id: B, fence: 1, serial: 2, pod: 'rt-b' }),
    leaseMs: 600_000,
  });
  const refused = await order(guarded, { act: 'undrain', pool: 'rt', target: B, podId: 'rt-b' });
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'BY_ITSELF' });
  expect(await stateOf(B)).toBe('draining');
});

test.each([
  ['{', 400],
  ['{"act":"stop"}', 400],
  ['x'.repeat(10_000), 413],
])('an order that is none is refused: %#', async (body, status) => {
  const headers = {
    ...{ 'content-type': 'application/json', 'x-kong-drain': 'console' },
    authorization: `Bearer ${TOKEN}`,
  };
  const refused = await ask(`${guarded}/api/orders`, { method: 'POST', headers, body });
  expect(refused.status).toBe(status);
  expect(refused.body).not.toContain('node_modules');
});

describe('the name by which it is asked', () => {
  const withHost = (url: string, host: string) => ask(`${url}/`, { headers: { host } });

  test.each(['evil.example', '127.0.0.1.evil.example:80', 'localhost.evil', 'a b'])(
    'a foreign one, "%s", gets nothing',
    async (host) => {
      const refused = await withHost(open, host);
      expect(refused.status).toBe(421);
      expect(refused.body).toContain('--allow-host');
    },
  );

  test.each(['localhost', 'LOCALHOST:8700', '127.0.0.1:1', '[::1]:8700'])(
    'loopback’s, "%s", is its own',
    async (host) => expect((await withHost(open, host)).status).toBe(200),
  );

  test('one that it was told is, and a probe needs none', async () => {
    expect((await withHost(guarded, 'console.example.com')).status).toBe(200);
    expect((await withHost(open, 'console.example.com')).status).toBe(421);
    const probe = await ask(`${open}/healthz`, { headers: { host: '10.9.9.9:8700' } });
    expect(probe).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  });
});

test('its page runs nothing but its own files', async () => {
  const { headers, body } = await ask(`${open}/`);
  expect(headers['content-security-policy']).toMatch(/^default-src 'self';/);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
  expect(body).toBe(pageFile('index.html'));
  expect(body).not.toMatch(/<script(?![^>]* src=)|style=|https?:\/\//);
  for (const [, file] of body.matchAll(/(?:src|href)="([^"#]+\.(?:css|svg|min\.js))"/g)) {
    expect((await ask(`${open}/${file!}`)).status).toBe(200);
  }
  expect((await ask(`${open}/../command.ts`)).status).toBe(404);
});

test.each([
  [['--token', 'short'], '--token: must have 16 characters at least'],
  [['--listen', 'here'], '--listen: expected host:port'],
  [['--interval', '1ms'], '--interval: must be 100ms at least'],
])('%j is refused with exit code 2', async (args, message) => {
  const { code, err } = await cli(['console', ...args]);
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(message) as string });
});

test('a port that is taken: exit code 3, and what to do', async () => {
  const taken = new URL(open).host;
  const { code, err } = await cli(['console', '--redis', redisUrl, '--listen', taken]);
  expect(code).toBe(3);
  expect(err).toContain(`cannot listen on ${taken}`);
  expect(err).toContain('--listen');
});
