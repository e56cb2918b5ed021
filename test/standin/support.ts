// Owns what the stand-in's tests share: gateways in temporary prefixes, upstream servers that note what reaches them,
// and the `script` plugin, which runs Lua given in its configuration.
// Invariant: cleanUp() ends everything that was started here.

import { mkdtempSync, rmSync, mkdirSync, writeFileSync, readFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { luaPackagePath } from '../../harness/gateway/place';
import type { Declarative, PluginEntry, RouteEntry } from '../../harness/standin/declarative';
import { startStandIn, type StandIn, type StandInOptions } from '../../harness/standin/standin';

const cleanups: (() => unknown)[] = [];

export function onCleanUp(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

export async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

/** A folder that cleanUp() removes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'standin-'));
  onCleanUp(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await listen(server);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listen(server: Server, port = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
}

/** Polls until `condition` holds; fails after 5 s, saying what it waited for. */
export async function eventually(what: string, condition: () => unknown): Promise<void> {
  const end = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited 5 s in vain: ${what}`);
    await delay(10);
  }
}

export interface Upstream {
  port: number;
  connections: number;
  requests: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[];
}

/** An HTTP server that counts connections and notes requests, then answers "ok" or as `respond` does. */
export async function startUpstream(
  respond: RequestListener = (_, response) => response.end('ok'),
  server: Server = createServer(),
): Promise<Upstream> {
  const sockets = new Set<Socket>();
  await listen(server);
  const { port } = server.address() as AddressInfo;
  const upstream: Upstream = { port, connections: 0, requests: [] };
  server.on('connection', (socket: Socket) => {
    upstream.connections += 1;
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
  });
  server.on('request', ((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      upstream.requests.push({ method, url, headers, body });
      respond(incoming, response);
    });
  }) satisfies RequestListener);
  onCleanUp(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return upstream;
}

const SCRIPT_HANDLER = `
local Script = { PRIORITY = 5, VERSION = "1" }
local function run(source)
  return source and assert(loadstring(source))()
end
function Script:access(conf) run(conf.access) end
function Script:log(conf) run(conf.log) end
function Script:configure(configs)
  ngx.shared.drain:set("configs", configs and #configs or 0)
end
return Script`;

const SCRIPT_SCHEMA = `
return { name = "script", fields = { { config = { type = "record", fields = {
  { access = { type = "string" } },
  { log = { type = "string" } },
  { level = { type = "integer", between = { 1, 3 }, default = 1 } },
  { word = { type = "string", match = "^%l+$", err = "lower-case letters only" } },
} } } } }`;

/** Lua to run in the access and the log phase. */
export function script(access: string, log?: string): PluginEntry {
  return { name: 'script', config: log === undefined ? { access } : { access, log } };
}

/** GET /peek?key=K answers {"value":…} from the shared dictionary; /poke?key=K&value=V sets it. */
const PROBES: RouteEntry[] = [
  {
    name: 'peek',
    paths: ['/peek'],
    plugins: [script('kong.response.exit(200, { value = ngx.shared.drain:get(ngx.var.arg_key) })')],
  },
  {
    name: 'poke',
    paths: ['/poke'],
    plugins: [
      script(
        'ngx.shared.drain:set(ngx.var.arg_key, ngx.var.arg_value); kong.response.exit(200, {})',
      ),
    ],
  },
];

export interface Gateway extends StandIn {
  port: number;
  tlsPort: number;
  url: string;
  declarative: Declarative;
  peek(key: string): Promise<unknown>;
  poke(key: string, value: string | number): Promise<void>;
  log(): string;
}

/** A gateway with the `script` plugin loaded, one worker, and the probe routes beside the given configuration. */
export async function startGateway(
  config: Declarative,
  options: Partial<StandInOptions> = {},
): Promise<Gateway> {
  const prefix = temporaryFolder();
  const plugin = path.join(prefix, 'lua/kong/plugins/script');
  mkdirSync(plugin, { recursive: true });
  writeFileSync(path.join(plugin, 'handler.lua'), SCRIPT_HANDLER);
  writeFileSync(path.join(plugin, 'schema.lua'), SCRIPT_SCHEMA);

  const [port, tlsPort, statusPort] = [await freePort(), await freePort(), await freePort()];
  const declarative = { ...config, routes: [...(config.routes ?? []), ...PROBES] };
  const standIn = await startStandIn({
    prefix,
    proxyListen: [`127.0.0.1:${port}`],
    statusListen: `127.0.0.1:${statusPort}`,
    workers: 1,
    plugins: ['script'],
    luaPackagePath: luaPackagePath(`${prefix}/lua/?.lua`).replace(/;+$/, ''),
    declarative,
    ...options,
    ...(options.certFile ? { tlsListen: [`127.0.0.1:${tlsPort}`] } : {}),
  });
  onCleanUp(() => standIn.kill());

  const url = `http://127.0.0.1:${port}`;
  return {
    ...standIn,
    port,
    tlsPort,
    url,
    declarative,
    async peek(key) {
      const answer = await ask(`${url}/peek?key=${key}`);
      return (JSON.parse(answer.body) as { value?: unknown }).value;
    },
    async poke(key, value) {
      await ask(`${url}/poke?key=${key}&value=${value}`);
    },
    log: () => readFileSync(standIn.errorLog, 'utf8'),
  };
}

export interface Answer {
  status: number;
  body: string;
  headers: IncomingHttpHeaders;
}

/** One request on a connection of its own. */
export function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
      });
    });
    outgoing.on('error', reject).end(body);
  });
}

/** A POST whose body the test sends piece by piece. */
export function slowPost(url: string, contentLength: number) {
  const outgoing = request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-length': contentLength },
  });
  const answer = new Promise<Answer>((resolve, reject) => {
    outgoing.on('error', reject).on('response', (response) => {
      response.resume().on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: '', headers: response.headers });
      });
    });
  });
  answer.catch(() => undefined); // an aborted request has no answer
  outgoing.flushHeaders();
  return {
    send: (text: string) => outgoing.write(text),
    end: () => outgoing.end(),
    abort: () => outgoing.destroy(),
    answer,
  };
}
