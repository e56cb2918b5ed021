/** The plugin server's process by itself: its dump, its environment, and Kong's protocol spoken by a minimal client. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { decodeMulti, encode } from '@msgpack/msgpack';
import { assertNoProcessLeaks, groupPids } from '../../harness/process-groups';
import { startProcess, type HarnessProcess } from '../../harness/process';
import { compiledEntry } from '../../harness/repository';
import { waitFor } from '../../harness/wait';
import { drainRegistryModule } from '../../plugin/server/drain-registry';
import { HandoverDesk } from '../../plugin/server/handover-desk';
import { pdkServer } from '../../plugin/server/pdk-server';

const entry = compiledEntry('plugin/server/main.ts');
let dir: string;
beforeAll(() => (dir = mkdtempSync(path.join(os.tmpdir(), 'plugin-server-'))));
afterAll(async () => {
  await assertNoProcessLeaks();
  rmSync(dir, { recursive: true });
});

/** Runs the entry to its end; killed after 10 s. */
async function run(args: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [entry, ...args], { env, cwd: dir, timeout: 10_000 });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, out, err };
}

const garbage = {
  DRAIN_REDIS_URL: 'not a url',
  DRAIN_LEASE_MS: 'soon',
  DRAIN_RENEW_MS: '-1',
  DRAIN_SYNC_URL: '::',
  DRAIN_NO_SUCH_THING: '1',
};

describe('--dump', () => {
  test.each([
    ['an empty environment', {}],
    ['no Redis behind the URL', { DRAIN_REDIS_URL: 'redis://127.0.0.1:1' }],
    ['garbage in every variable', garbage],
  ])('with %s prints the plugin for Kong and exits 0', async (_, env) => {
    const { code, out, err } = await run(['--dump'], env);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject([
      { Name: 'drain-registry', Phases: ['access'], Priority: 900 },
    ]);
  });
});

test('a wrong environment ends it with 2, and every problem is said at once', async () => {
  const { code, out, err } = await run(['--socket', path.join(dir, 'no.sock')], garbage);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('BAD_CONFIG');
  for (const name of Object.keys(garbage)) {
    if (name !== 'DRAIN_REDIS_URL') expect(err).toContain(name);
  }
});

test('a wrong Redis URL ends it with 2 and says how to write one', async () => {
  const { code, err } = await run(['--socket', path.join(dir, 'no.sock')], {
    DRAIN_REDIS_URL: 'not a url',
  });
  expect(code).toBe(2);
  expect(err).toContain('redis://user:password@host:6379/0');
});

/** One connection of a Kong worker: one call at a time. */
class Worker {
  private id = 0;
  private constructor(readonly socket: Socket) {}

  static async connect(file: string): Promise<Worker> {
    const socket = await waitFor('the plugin server’s socket', async () => {
      const attempt = connect(file);
      await once(attempt, 'connect');
      return attempt;
    });
    socket.on('error', () => undefined);
    return new Worker(socket);
  }

  send(method: string, args: unknown): void {
    this.socket.write(encode([0, ++this.id, method, [args]]));
  }

  async call<T>(method: string, args: unknown): Promise<T> {
    this.send(method, args);
    const [data] = (await once(this.socket, 'data')) as [Buffer];
    const [[, , error, result]] = [...decodeMulti(data)] as [[number, number, string, T]];
    if (error) throw new Error(error);
    return result;
  }

  startInstance(): Promise<{ Id: number }> {
    return this.call('plugin.StartInstance', { Name: 'drain-registry', Config: '{}' });
  }

  /** One access phase to its end; how often the plugin called back. */
  async access(InstanceId: number): Promise<number> {
    let reply = await this.call<{ Data: unknown; EventId: number }>('plugin.HandleEvent', {
      InstanceId,
      EventName: 'access',
    });
    let steps = 0;
    for (; reply.Data !== 'ret'; steps++) {
      reply = await this.call('plugin.Step', { EventId: reply.EventId, Data: null });
    }
    return steps;
  }
}

test.each([
  ['no PDK call', false, 0],
  ['one PDK call', true, 1],
])('10,000 phases with %s leave nothing behind', async (_, hasHandover, steps) => {
  const desk = new HandoverDesk();
  if (hasHandover) desk.leave({ pools: {} });
  const silent = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
  const server = pdkServer(drainRegistryModule(desk), silent);
  const file = path.join(dir, `phases-${steps}.sock`);
  const net = server.listen(file);
  const workers = await Promise.all([1, 2, 3, 4].map(() => Worker.connect(file)));
  await Promise.all(
    workers.map(async (worker) => {
      const { Id } = await worker.startInstance();
      for (let i = 0; i < 2500; i++) expect(await worker.access(Id)).toBe(steps);
    }),
  );
  expect(server.pendingEvents()).toBe(0);
  for (const { socket } of workers) socket.destroy();
  net.close();
  server.close();
});

describe('as a process, without Redis and without Kong', () => {
  const nowhere = { DRAIN_REDIS_URL: 'redis://127.0.0.1:1', DRAIN_SYNC_URL: 'http://127.0.0.1:1/' };
  const processes: HarnessProcess[] = [];
  afterEach(() => Promise.all(processes.splice(0).map((server) => server.stop())));

  function start(name: string): string {
    const socket = path.join(dir, `${name}.sock`);
    processes.push(
      startProcess({
        ...{ name, command: process.execPath, args: [entry, '--socket', socket], cwd: dir },
        env: nowhere,
        logFile: path.join(dir, `${name}.log`),
      }),
    );
    return socket;
  }

  test('a Kong worker that dies in mid-call does not end it', async () => {
    const file = start('dying-workers');
    const survivor = await Worker.connect(file);
    const { Id } = await survivor.startInstance();
    for (let i = 0; i < 50; i++) {
      const worker = await Worker.connect(file);
      worker.send('plugin.HandleEvent', { InstanceId: Id, EventName: 'access' });
      if (i % 2 === 0) worker.socket.destroy();
      else worker.socket.end(() => worker.socket.destroy());
    }
    expect(await survivor.access(Id)).toBeLessThan(2);
    expect(processes[0]!.alive()).toBe(true);
    survivor.socket.destroy();
  });

  /** As Kong's worker starts it, by a process of nginx's name. */
  async function startByWorker(name: string, command: string): Promise<HarnessProcess> {
    const worker = path.join(dir, 'nginx');
    if (!existsSync(worker)) symlinkSync('/bin/sh', worker);
    // The words after it keep the worker from becoming what it starts.
    const args = [
      '-c',
      `${command.replace('SERVER', `"${process.execPath}" "${entry}" --socket ${name}.sock`)}; true`,
    ];
    const logFile = path.join(dir, `${name}.log`);
    const started = startProcess({ name, command: worker, args, cwd: dir, env: nowhere, logFile });
    processes.push(started);
    (await Worker.connect(path.join(dir, `${name}.sock`))).socket.destroy();
    return started;
  }

  test("behind a shell of Kong's, it ends when the worker is killed", async () => {
    const worker = await startByWorker('orphan', "sh -c 'SERVER & wait'");
    expect(groupPids(worker.pid)).toHaveLength(3);
    worker.signal('SIGKILL');
    await waitFor('all of it to end', () => groupPids(worker.pid).length === 0);
    expect(readFileSync(worker.logFile, 'utf8')).not.toContain('start it by a shell');
  });

  test('without a shell, it says what Kong will do to it', async () => {
    const { logFile } = await startByWorker('child', 'SERVER');
    await waitFor('the warning', () =>
      readFileSync(logFile, 'utf8').includes('start it by a shell'),
    );
  });

  test('two processes never give an instance the same id', async () => {
    const workers = await Promise.all(['one', 'two'].map((name) => Worker.connect(start(name))));
    const ids = await Promise.all(workers.map(async (worker) => (await worker.startInstance()).Id));
    expect(Math.abs(ids[0]! - ids[1]!)).toBeGreaterThan(1000);
    const [one, two] = workers;
    await expect(two!.access(ids[0]!)).rejects.toThrow('no plugin instance');
    for (const { socket } of [one!, two!]) socket.destroy();
  });
});
