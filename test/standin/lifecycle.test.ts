import { createServer, get } from 'node:http';

import {
  ask,
  cleanUp,
  eventually,
  freePort,
  script,
  slowPost,
  startGateway,
  startUpstream,
} from './support';
import type { RouteEntry } from '../../harness/standin/declarative';

afterEach(cleanUp);

/** Counts a request in at access and out at log, and notes the status it ended with. */
const COUNTED = script(
  'ngx.shared.drain:incr("in_flight", 1, 0) kong.ctx.plugin.counted = true',
  `if kong.ctx.plugin.counted then ngx.shared.drain:incr("in_flight", -1) end
   ngx.shared.drain:set("status", ngx.status)`,
).config;

const counted = (route: RouteEntry): RouteEntry => ({
  ...route,
  plugins: [...(route.plugins ?? []), { name: 'script', config: COUNTED ?? {} }],
});

async function gatewayTo(port: number, route: RouteEntry = { paths: ['/'] }) {
  const gateway = await startGateway({
    services: [{ name: 'rt', host: '127.0.0.1', port, retries: 0, routes: [counted(route)] }],
  });
  const inFlight = () => gateway.peek('in_flight');
  return { gateway, inFlight };
}

describe('the log phase runs', () => {
  test.each([
    ['a buffered body', true],
    ['an unbuffered body', false],
  ])('when the client goes away in %s', async (_, request_buffering) => {
    let begun = false;
    const server = createServer(() => (begun = true));
    const upstream = await startUpstream(undefined, server);
    const { gateway, inFlight } = await gatewayTo(upstream.port, {
      paths: ['/'],
      request_buffering,
    });
    const upload = slowPost(gateway.url, 1_000);
    upload.send('some');
    await eventually('the request', async () => (await inFlight()) === 1);
    // Before nginx begins to pass the body on, a client that goes away is to it one that waits, and the status 499.
    if (!request_buffering) await eventually('the upstream to have its head', () => begun);
    upload.abort();
    await eventually('the log phase', async () => (await inFlight()) === 0);
    expect(await gateway.peek('status')).toBe(400);
  });

  test('when the client goes away while it waits', async () => {
    const silent = await startUpstream(() => undefined);
    const { gateway, inFlight } = await gatewayTo(silent.port);
    const request = get(gateway.url, { agent: false }).on('error', () => undefined);
    await eventually('the request', () => silent.requests.length === 1);
    expect(await inFlight()).toBe(1);
    request.destroy();
    await eventually('the log phase', async () => (await inFlight()) === 0);
    expect(await gateway.peek('status')).toBe(499);
  });

  test('when the upstream refuses, and sees what access left', async () => {
    const { gateway, inFlight } = await gatewayTo(await freePort());
    expect((await ask(gateway.url)).status).toBe(502);
    await eventually('the log phase', async () => (await inFlight()) === 0);
    expect(await gateway.peek('status')).toBe(502);
  });

  test('when an earlier plugin answers, though access did not run', async () => {
    const upstream = await startUpstream();
    const { gateway, inFlight } = await gatewayTo(upstream.port, {
      paths: ['/'],
      plugins: [{ name: 'key-auth' }],
    });
    const refused = await ask(gateway.url);
    expect(refused).toMatchObject({ status: 401 });
    expect(refused.body).toContain('No API key found in request');
    await eventually('the log phase', async () => (await gateway.peek('status')) === 401);
    expect(await inFlight()).toBeUndefined();
    expect((await ask(gateway.url, { headers: { apikey: 'any' } })).status).toBe(200);
  });
});

test('plugins run by priority, one configuration each: route, then service, then global', async () => {
  const note = (text: string) =>
    script(
      `kong.response.set_header("x-script", "${text}") if ngx.var.arg_end then kong.response.exit(204) end`,
    );
  const upstream = await startUpstream();
  const gateway = await startGateway({
    services: [
      {
        name: 'rt',
        host: '127.0.0.1',
        port: upstream.port,
        plugins: [note('service')],
        routes: [
          { name: 'own', paths: ['/own'], plugins: [note('route')] },
          { name: 'inherits', paths: ['/inherits'] },
          { name: 'ends', paths: ['/ends'], plugins: [{ name: 'request-termination' }] },
        ],
      },
    ],
    routes: [{ name: 'bare', paths: ['/bare'] }],
    plugins: [note('global')],
  });
  const header = async (at: string) => (await ask(gateway.url + at)).headers['x-script'];
  expect(await header('/own?end=1')).toBe('route');
  expect(await header('/inherits?end=1')).toBe('service');
  expect(await header('/bare?end=1')).toBe('global');
  expect((await ask(`${gateway.url}/bare`)).status).toBe(503);
  expect((await ask(`${gateway.url}/ends?end=1`)).status).toBe(204); // script (5) before termination (2)
  expect((await ask(`${gateway.url}/ends`)).body).toContain('Service unavailable');
  expect(upstream.requests).toHaveLength(0);
});

test('a reload takes the new configuration, keeps the shared dictionary, and lets requests finish', async () => {
  const slow = await startUpstream();
  const { gateway, inFlight } = await gatewayTo(slow.port);
  const upload = slowPost(gateway.url, 8);
  await eventually('the request', async () => (await inFlight()) === 1);

  const [worker] = gateway.workers();
  await gateway.reload({
    ...gateway.declarative,
    services: [{ name: 'rt', host: '127.0.0.1', port: await freePort(), retries: 0 }],
  });
  expect(gateway.workers()).not.toContain(worker);
  expect((await ask(gateway.url)).status).toBe(404);
  expect(await inFlight()).toBe(1);
  expect(await gateway.peek('configs')).toBe(2); // the two probe routes

  upload.send('finished');
  upload.end();
  expect((await upload.answer).status).toBe(200);
  await eventually('the log phase', async () => (await inFlight()) === 0);
});

test('a killed worker is replaced, and the shared dictionary lives on', async () => {
  const upstream = await startUpstream();
  const { gateway } = await gatewayTo(upstream.port);
  await gateway.poke('word', 'kept');
  const [worker = 0] = gateway.workers();
  process.kill(worker, 'SIGKILL');
  await eventually('a new worker', () => gateway.workers().some((pid) => pid !== worker));
  expect(await gateway.peek('word')).toBe('kept');
});

test('a graceful stop waits for a running request', async () => {
  const upstream = await startUpstream();
  const { gateway, inFlight } = await gatewayTo(upstream.port);
  const upload = slowPost(gateway.url, 4);
  await eventually('the request', async () => (await inFlight()) === 1);
  const stopped = gateway.stop();
  await eventually('the shutdown', () => gateway.workers().length === 0);
  upload.send('last');
  upload.end();
  expect((await upload.answer).status).toBe(200);
  await stopped;
});

test.each([
  ['a wrong value', { level: 7 }, /plugin script of service rt: config\.level: value should be/],
  ['a wrong type', { access: 1 }, /config\.access: expected a string/],
  ['a value of the wrong form', { word: 'A' }, /config\.word: lower-case letters only/],
  ['an unknown field', { acces: '' }, /config\.acces: unknown field/],
])('it does not start with %s in a plugin, and says where', async (_, config, message) => {
  const plugins = [{ name: 'script', config }];
  const start = startGateway({ services: [{ name: 'rt', host: 'x.example', plugins }] });
  await expect(start).rejects.toThrow(message);
});
