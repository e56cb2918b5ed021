import { ask, cleanUp, freePort, script, startGateway, startUpstream } from './support';
import type { ServiceEntry, UpstreamEntry } from '../../harness/standin/declarative';

afterEach(cleanUp);

const NOTE_STATUS = 'ngx.shared.drain:set("status", ngx.status)';

async function gatewayRunning(
  access: string,
  service: Partial<ServiceEntry> = {},
  upstreams: UpstreamEntry[] = [],
) {
  return startGateway({
    services: [
      {
        name: 'rt',
        host: 'rt.example',
        routes: [{ paths: ['/'], plugins: [script(access, NOTE_STATUS)] }],
        ...service,
      },
    ],
    upstreams,
  });
}

const refusals = (log: string) => log.match(/connect\(\) failed/g)?.length ?? 0;

/** Tries a dead target first; the callback moves to a living one and leaves Host as it would have been. */
function withCallback(dead: number, alive: number) {
  return `
    local host = ngx.var.upstream_host
    kong.service.set_target("127.0.0.1", ${dead})
    ngx.var.upstream_host = host
    kong.service.set_target_retry_callback(function()
      ngx.shared.drain:incr("callbacks", 1, 0)
      local before = ngx.var.upstream_host
      kong.service.set_target("127.0.0.1", ${alive})
      ngx.var.upstream_host = before
      return true
    end)`;
}

test('a refused connection goes to the next target of an Upstream, for a POST and its body too', async () => {
  const alive = await startUpstream();
  const dead = await freePort();
  const targets = [{ target: `127.0.0.1:${dead}` }, { target: `127.0.0.1:${alive.port}` }];
  const gateway = await gatewayRunning('', { host: 'pool' }, [{ name: 'pool', targets }]);

  for (let i = 0; i < 4; i++) {
    const answer = await ask(gateway.url, { method: 'POST', body: `body ${i}` });
    expect(answer.status).toBe(200);
  }
  expect(alive.requests.map(({ body }) => body)).toEqual(['body 0', 'body 1', 'body 2', 'body 3']);
  expect(refusals(gateway.log())).toBeGreaterThanOrEqual(2);
});

test('with retries: 0 a refused connection is a 502', async () => {
  const gateway = await gatewayRunning('', {
    host: '127.0.0.1',
    port: await freePort(),
    retries: 0,
  });
  const answer = await ask(gateway.url);
  expect(answer.status).toBe(502);
  expect(JSON.parse(answer.body)).toMatchObject({
    message: 'An invalid response was received from the upstream server',
  });
  expect(refusals(gateway.log())).toBe(1);
});

test('the callback chooses the target of a retry, and the Host header follows it', async () => {
  const alive = await startUpstream();
  const gateway = await gatewayRunning(withCallback(await freePort(), alive.port));

  const answer = await ask(gateway.url, { method: 'POST', body: 'once' });
  expect(answer.status).toBe(200);
  expect(alive.requests).toMatchObject([
    { body: 'once', headers: { host: `127.0.0.1:${alive.port}` } },
  ]);
  expect(await gateway.peek('callbacks')).toBe(1);
});

test('set_retries(0) keeps the callback from being asked', async () => {
  const alive = await startUpstream();
  const access = `${withCallback(await freePort(), alive.port)} kong.service.set_retries(0)`;
  const gateway = await gatewayRunning(access);
  expect((await ask(gateway.url)).status).toBe(502);
  expect(await gateway.peek('callbacks')).toBeUndefined();
});

test('a Service whose host is an address never asks the callback', async () => {
  const alive = await startUpstream();
  const access = withCallback(await freePort(), alive.port);
  const gateway = await gatewayRunning(access, { host: '127.0.0.9', retries: 2 });
  expect((await ask(gateway.url)).status).toBe(502);
  expect(await gateway.peek('callbacks')).toBeUndefined();
  expect(refusals(gateway.log())).toBe(3);
});

test.each([
  ['a falsy value', 'return false'],
  ['an error', 'error("no target left")'],
])('a callback that gives %s is a 503', async (_, ending) => {
  const access = `
    kong.service.set_target("127.0.0.1", ${await freePort()})
    kong.service.set_target_retry_callback(function() ${ending} end)`;
  const gateway = await gatewayRunning(access);
  const answer = await ask(gateway.url);
  expect(answer.status).toBe(503);
  expect(answer.body).toContain('The upstream server is currently unavailable');
  expect(gateway.log()).toContain('retry handler failed');
  expect(await gateway.peek('status')).toBe(503); // as its log phase saw it
});

test('set_target to a refused address without a callback tries the same address six times', async () => {
  const access = `kong.service.set_target("127.0.0.1", ${await freePort()})`;
  const gateway = await gatewayRunning(access);
  expect((await ask(gateway.url)).status).toBe(502);
  expect(refusals(gateway.log())).toBe(6);
});

test('once a POST was sent it is not tried again, a GET is', async () => {
  const cutting = await startUpstream((incoming) => incoming.socket.destroy());
  const gateway = await gatewayRunning('', { host: '127.0.0.1', port: cutting.port, retries: 1 });
  expect((await ask(gateway.url, { method: 'POST', body: 'x' })).status).toBe(502);
  expect(cutting.requests).toHaveLength(1);
  expect((await ask(gateway.url)).status).toBe(502);
  expect(cutting.requests).toHaveLength(3);
});

test('a slow answer is a 504 after the read timeout', async () => {
  const silent = await startUpstream(() => undefined);
  const gateway = await gatewayRunning('', {
    host: '127.0.0.1',
    port: silent.port,
    retries: 0,
    read_timeout: 100,
  });
  expect((await ask(gateway.url)).status).toBe(504);
});

test('connections to an upstream are kept and used again', async () => {
  const upstream = await startUpstream();
  const gateway = await gatewayRunning('', { host: '127.0.0.1', port: upstream.port });
  for (let i = 0; i < 5; i++) await ask(gateway.url, { method: 'POST', body: 'x' });
  expect(upstream.connections).toBe(1);
});

test.each([
  ['set_target(10, 80)', 'host must be a string'],
  ['set_target("127.0.0.1", "80")', 'port must be an integer'],
  ['set_target("127.0.0.1", 70000)', 'port must be an integer between 0 and 65535'],
  ['set_target_retry_callback(1)', 'retry_callback must be a function'],
  ['set_retries(1.5)', 'retries must be an integer'],
])('kong.service.%s is a 500 and a log line', async (call, message) => {
  const gateway = await gatewayRunning(`kong.service.${call}`);
  expect((await ask(gateway.url)).status).toBe(500);
  expect(gateway.log()).toContain(message);
});

test('an unknown host is a 503', async () => {
  const gateway = await gatewayRunning('');
  const answer = await ask(gateway.url);
  expect(answer.status).toBe(503);
  expect(answer.body).toContain('name resolution failed');
});
