import { ask, cleanUp, eventually, script, slowPost, startGateway, startUpstream } from './support';

afterEach(cleanUp);

const PICK = `
  kong.service.set_target("127.0.0.1", tonumber(ngx.shared.drain:get("target")))
  ngx.shared.drain:incr("picks", 1, 0)`;

async function gatewayPickingBetweenTwo(requestBuffering: boolean) {
  const [first, second] = [await startUpstream(), await startUpstream()];
  const gateway = await startGateway({
    services: [
      {
        name: 'rt',
        host: 'rt.example',
        routes: [
          {
            paths: ['/'],
            request_buffering: requestBuffering,
            plugins: [script(PICK, 'ngx.shared.drain:set("mode", ngx.var.kong_proxy_mode)')],
          },
        ],
      },
    ],
  });
  await gateway.poke('target', first.port);
  return { gateway, first, second };
}

test('a buffered body is picked for before it is read, and connects only after its last byte', async () => {
  const { gateway, first, second } = await gatewayPickingBetweenTwo(true);
  const upload = slowPost(`${gateway.url}/up`, 40_000);
  upload.send('x'.repeat(20_000));
  await eventually('the pick', async () => (await gateway.peek('picks')) === 1);

  await gateway.poke('target', second.port);
  expect(first.connections).toBe(0);
  upload.send('y'.repeat(20_000));
  upload.end();

  expect((await upload.answer).status).toBe(200);
  expect(first.requests.map(({ body }) => body.length)).toEqual([40_000]);
  expect(second.connections).toBe(0);
  expect(await gateway.peek('mode')).toBe('http');
});

test('with request_buffering: false it connects at once, and plugins run once', async () => {
  const { gateway, first } = await gatewayPickingBetweenTwo(false);
  const upload = slowPost(`${gateway.url}/up`, 4);
  await eventually('the connection', () => first.connections === 1);

  upload.send('body');
  upload.end();
  expect((await upload.answer).status).toBe(200);
  expect(first.requests[0]?.body).toBe('body');
  expect(await gateway.peek('picks')).toBe(1);
  expect(await gateway.peek('mode')).toBe('unbuffered');
});

test('a plugin may read the whole body before it picks', async () => {
  const [early, late] = [await startUpstream(), await startUpstream()];
  const gateway = await startGateway({
    services: [
      {
        name: 'rt',
        host: 'rt.example',
        routes: [
          {
            paths: ['/'],
            plugins: [script(`ngx.shared.drain:incr("reading", 1, 0) ngx.req.read_body() ${PICK}`)],
          },
        ],
      },
    ],
  });
  await gateway.poke('target', early.port);
  const upload = slowPost(`${gateway.url}/up`, 20_000);
  await eventually('the reading', async () => (await gateway.peek('reading')) === 1);
  await gateway.poke('target', late.port);
  upload.send('x'.repeat(20_000));
  upload.end();

  expect((await upload.answer).status).toBe(200);
  expect(late.requests).toHaveLength(1);
  expect(early.connections).toBe(0);
});

test('path and query reach the service as Kong forms them', async () => {
  const upstream = await startUpstream();
  const gateway = await startGateway({
    services: [
      {
        name: 'rt',
        url: `http://127.0.0.1:${upstream.port}/base`,
        routes: [
          { name: 'strip', paths: ['/strip'] },
          { name: 'keep', paths: ['/keep'], strip_path: false },
        ],
      },
    ],
  });
  for (const path of ['/strip/a?x=1', '/strip', '/strip/', '/keep/a']) {
    await ask(gateway.url + path);
  }
  expect(upstream.requests.map(({ url }) => url)).toEqual([
    '/base/a?x=1',
    '/base',
    '/base/',
    '/base/keep/a',
  ]);
});
