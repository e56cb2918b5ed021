import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import {
  ask,
  cleanUp,
  eventually,
  onCleanUp,
  script,
  startGateway,
  temporaryFolder,
} from './support';
import type { PluginEntry } from '../../harness/standin/declarative';

afterEach(cleanUp);

const SERVER = require.resolve('kong-pdk/bin/kong-js-pluginserver');

const PLUGIN = `
class Bridge {
  constructor(config) { this.config = config; }
  async access(kong) {
    const header = await kong.request.getHeader('x-do');
    if (header === 'exit') return kong.response.exit(418, 'short and stout');
    if (header === 'throw') throw new Error('from JS');
    if (header === 'wrong') await kong.service.setTarget('127.0.0.1', 'eighty');
    const headers = await kong.request.getHeaders();
    await kong.ctx.shared.set('handover', JSON.stringify({
      word: this.config.word,
      pid: process.pid,
      accept: headers['x-list'],
      ip: await kong.client.getIp(),
      method: await kong.nginx.getVar('request_method'),
    }));
    await kong.response.setHeader('x-from-js', 'yes');
    await kong.log.notice('hello from ', 'JS');
  }
}
module.exports = {
  Plugin: Bridge, Name: 'bridge', Version: '1.0.0', Priority: 100,
  Schema: [{ word: { type: 'string', required: true } }],
};`;

function pluginServer() {
  const cwd = temporaryFolder(); // kong-pdk registers ts-node, which must not find our tsconfig
  const plugins = path.join(cwd, 'plugins');
  const socket = path.join(cwd, 'js.sock');
  mkdirSync(plugins);
  writeFileSync(path.join(plugins, 'bridge.js'), PLUGIN);
  const dump = execFileSync(process.execPath, [SERVER, '-d', plugins, '--dump-all-plugins'], {
    cwd,
    encoding: 'utf8',
  });
  let child: ChildProcess | undefined;
  onCleanUp(() => child?.kill('SIGKILL'));
  return {
    socket,
    dump,
    async start() {
      rmSync(socket, { force: true });
      const args = [SERVER, '-d', plugins, '-p', cwd, '--sock-name', 'js.sock'];
      child = spawn(process.execPath, args, { cwd, stdio: 'ignore' });
      await eventually('the plugin server', () => existsSync(socket));
      return child.pid;
    },
    async stop() {
      const ending = child;
      ending?.kill('SIGKILL');
      await eventually('the end of the plugin server', () => ending?.signalCode);
    },
  };
}

const bridge = (word: string): PluginEntry => ({ name: 'bridge', config: { word } });
const HAND_BACK = script('return kong.response.exit(200, kong.ctx.shared.handover or "nothing")');

async function gatewayWith(server: { socket: string; dump: string }) {
  return startGateway(
    {
      routes: [
        { name: 'a', paths: ['/a'], plugins: [bridge('first'), HAND_BACK] },
        { name: 'b', paths: ['/b'], plugins: [bridge('second'), HAND_BACK] },
        { name: 'plain', paths: ['/plain'], plugins: [HAND_BACK] },
      ],
    },
    { pluginServer: server },
  );
}

test('a JS plugin hands a Lua plugin a value through kong.ctx.shared, each route with its own config', async () => {
  const server = pluginServer();
  const pid = await server.start();
  const gateway = await gatewayWith(server);

  const first = await ask(`${gateway.url}/a`, { headers: { 'x-list': 'one' } });
  expect(first.headers['x-from-js']).toBe('yes');
  expect(JSON.parse(first.body)).toEqual({
    word: 'first',
    pid,
    accept: ['one'],
    ip: '127.0.0.1',
    method: 'GET',
  });
  expect(JSON.parse((await ask(`${gateway.url}/b`)).body)).toMatchObject({ word: 'second' });
  expect(gateway.log()).toContain('hello from JS');
});

test.each([
  ['exit', 418, 'short and stout'],
  ['throw', 200, 'nothing'], // fails open
  ['wrong', 500, 'An unexpected error occurred'],
])('when JS access does "%s" the client gets %d', async (what, status, body) => {
  const server = pluginServer();
  await server.start();
  const gateway = await gatewayWith(server);
  const answer = await ask(`${gateway.url}/a`, { headers: { 'x-do': what } });
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(body);
});

test('without a plugin server its routes answer 500, the others do not notice; it works once it is up', async () => {
  const server = pluginServer();
  const gateway = await gatewayWith(server);
  expect((await ask(`${gateway.url}/a`)).status).toBe(500);
  expect((await ask(`${gateway.url}/plain`)).status).toBe(200);
  await server.start();
  expect((await ask(`${gateway.url}/a`)).status).toBe(200);
});

test('after the plugin server came back unknown instances are started anew', async () => {
  const server = pluginServer();
  await server.start();
  const gateway = await gatewayWith(server);
  await ask(`${gateway.url}/a`);
  await ask(`${gateway.url}/b`);

  await server.stop();
  const pid = await server.start();
  await eventually('an answer of the new process', async () => {
    const answer = await ask(`${gateway.url}/b`);
    return answer.body !== 'nothing' && (JSON.parse(answer.body) as { pid: number }).pid === pid;
  });
  expect(JSON.parse((await ask(`${gateway.url}/b`)).body)).toMatchObject({ word: 'second' });
  expect(gateway.log()).toContain('no plugin instance');
});

test('two workers start an instance each and see a reset of the other', async () => {
  const server = pluginServer();
  const pid = await server.start();
  const gateway = await startGateway(
    { routes: [{ name: 'a', paths: ['/a'], plugins: [bridge('w'), HAND_BACK] }] },
    { pluginServer: server, workers: 2 },
  );
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(`${gateway.url}/a`)));
  for (const { status, body } of answers) {
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ word: 'w', pid });
  }
});
