import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import path from 'node:path';
import { TLSSocket } from 'node:tls';

import { WebSocket, WebSocketServer } from 'ws';

import {
  ask,
  cleanUp,
  onCleanUp,
  script,
  startGateway,
  startUpstream,
  temporaryFolder,
} from './support';

afterEach(cleanUp);

function certificate() {
  const folder = temporaryFolder();
  const certFile = path.join(folder, 'cert.pem');
  const keyFile = path.join(folder, 'key.pem');
  const command =
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 ` +
    `-subj /CN=gateway -keyout ${keyFile} -out ${certFile}`;
  execFileSync('openssl', command.split(' '), { stdio: 'ignore' });
  return { certFile, keyFile };
}

test('a WebSocket passes, and its log phase runs when it closes', async () => {
  const http = createHttpServer();
  new WebSocketServer({ server: http }).on('connection', (socket) => {
    socket.on('message', (data) => {
      socket.send(`echo ${(data as Buffer).toString()}`);
    });
  });
  const upstream = await startUpstream(undefined, http);
  const counting = script(
    'ngx.shared.drain:incr("open", 1, 0)',
    'ngx.shared.drain:incr("open", -1)',
  );
  const gateway = await startGateway({
    services: [
      {
        name: 'rt',
        host: '127.0.0.1',
        port: upstream.port,
        routes: [{ paths: ['/ws'], plugins: [counting] }],
      },
    ],
  });

  const client = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`);
  onCleanUp(() => {
    client.terminate();
  });
  const echo = new Promise((resolve, reject) => {
    client.on('error', reject).on('message', (data) => {
      resolve((data as Buffer).toString());
    });
  });
  client.on('open', () => {
    client.send('hello');
  });
  expect(await echo).toBe('echo hello');
  expect(await gateway.peek('open')).toBe(1);

  const closed = new Promise((resolve) => client.on('close', resolve));
  client.close();
  await closed;
  expect(await gateway.peek('open')).toBe(0);
});

test('HTTP/2 over TLS: a POST reaches the upstream', async () => {
  const upstream = await startUpstream();
  const gateway = await startGateway(
    {
      services: [
        { name: 'rt', host: '127.0.0.1', port: upstream.port, routes: [{ paths: ['/'] }] },
      ],
    },
    certificate(),
  );
  const session = connect(`https://127.0.0.1:${gateway.tlsPort}`, { rejectUnauthorized: false });
  onCleanUp(() => {
    session.destroy();
  });

  const stream = session.request({ ':method': 'POST', ':path': '/h2' });
  stream.end('in frames');
  const status = await new Promise((resolve, reject) => {
    stream.on('error', reject).on('response', (headers) => {
      resolve(headers[':status']);
    });
  });
  expect(status).toBe(200);
  expect(upstream.requests).toMatchObject([{ url: '/h2', body: 'in frames' }]);
});

test('an HTTPS service gets the Host as SNI, by its name or as preserved', async () => {
  const { certFile, keyFile } = certificate();
  const names: unknown[] = [];
  const https = createHttpsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  const upstream = await startUpstream((incoming, response) => {
    if (incoming.socket instanceof TLSSocket) names.push(incoming.socket.servername);
    response.setHeader('connection', 'close').end('ok');
  }, https);
  const service = { protocol: 'https' as const, host: 'rt.internal', port: upstream.port };
  const gateway = await startGateway(
    {
      services: [
        { name: 'plain', ...service, routes: [{ paths: ['/plain'] }] },
        { name: 'kept', ...service, routes: [{ paths: ['/kept'], preserve_host: true }] },
      ],
    },
    { hosts: { 'rt.internal': ['127.0.0.1'] } },
  );

  for (const route of ['/plain', '/kept']) {
    const answer = await ask(gateway.url + route, { headers: { host: 'client.example' } });
    expect(answer.status).toBe(200);
  }
  expect(names).toEqual(['rt.internal', 'client.example']); // nginx cuts the port off $upstream_host
});

test('forwarded headers name the client and the first request line', async () => {
  const upstream = await startUpstream();
  const gateway = await startGateway({
    services: [
      { name: 'rt', host: '127.0.0.1', port: upstream.port, routes: [{ paths: ['/in'] }] },
    ],
  });
  await ask(`${gateway.url}/in/a?b=c`, { headers: { 'x-forwarded-for': '10.0.0.1' } });
  expect(upstream.requests[0]?.headers).toMatchObject({
    'x-forwarded-for': '10.0.0.1, 127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-path': '/in/a',
    'x-forwarded-prefix': '/in',
    connection: 'keep-alive',
    via: '1.1 kong/3.9.3',
  });
});
