/** The order in which a pod is ended, seen with small scripts as its containers. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deletePod, type DeletablePod } from '../../harness/kubelet';
import { assertNoProcessLeaks } from '../../harness/process-groups';
import { startProcess, type HarnessProcess } from '../../harness/process';
import { freePort } from '../../harness/free-port';
import { waitFor } from '../../harness/wait';

const dir = mkdtempSync(path.join(tmpdir(), 'harness-kubelet-'));
let hookServer: Server | undefined;
let containers = 0;

afterEach(() => {
  hookServer?.closeAllConnections();
  hookServer?.close();
  hookServer = undefined;
});
afterAll(async () => {
  await assertNoProcessLeaks();
  rmSync(dir, { recursive: true });
});

/** A container that notes the time of its SIGTERM and then does as told. */
async function container(onTerm: string): Promise<HarnessProcess> {
  const script = `
    process.on('SIGTERM', () => { console.log('term ' + Date.now()); ${onTerm} });
    console.log('up'); setInterval(() => {}, 1000);`;
  const started = startProcess({
    name: `container-${++containers}`,
    command: process.execPath,
    args: ['-e', script],
    logFile: path.join(dir, `container-${containers}.log`),
  });
  await waitFor('the container', () => readFileSync(started.logFile, 'utf8').startsWith('up'));
  return started;
}

const termMs = ({ logFile }: HarnessProcess): number =>
  Number(/term (\d+)/.exec(readFileSync(logFile, 'utf8'))?.[1]);

interface Call {
  readonly url: string | undefined;
  readonly token: unknown;
  readonly agent: unknown;
}

/** Serves the hook: answers after `ms` with that status and body. */
async function serveHook(ms: number, status = 200, body = '{"outcome":"released"}') {
  const calls: Call[] = [];
  let answeredMs = 0;
  hookServer = createServer(({ url, headers }, response) => {
    calls.push({ url, token: headers['x-drain-token'], agent: headers['user-agent'] });
    setTimeout(() => {
      answeredMs = Date.now();
      response.writeHead(status).end(body);
    }, ms).unref();
  });
  const port = await freePort();
  await new Promise<void>((resolve) => hookServer!.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}`, calls, answeredMs: () => answeredMs };
}

const podOf = (runtime: HarnessProcess, rest: Partial<DeletablePod> = {}): DeletablePod => ({
  name: 'rt-1',
  target: '127.1.0.1:8080',
  sidecarUrl: 'http://127.0.0.1:1',
  hookToken: undefined,
  sidecar: undefined,
  runtime,
  ...rest,
});

test('the hook is called and waited for, then SIGTERM; its status is ignored, its answer kept', async () => {
  const hook = await serveHook(150, 500);
  const runtime = await container('process.exit(7)');
  const pod = podOf(runtime, { sidecarUrl: hook.url, hookToken: 'secret' });
  const deletion = await deletePod(pod, { graceSeconds: 5, hook: 'drain' });

  expect(hook.calls).toEqual([{ url: '/drain', token: 'secret', agent: 'kube-lifecycle/1.33' }]);
  expect(termMs(runtime)).toBeGreaterThanOrEqual(hook.answeredMs());
  expect(deletion).toMatchObject({
    hook: { ok: true, status: 500, body: { outcome: 'released' } },
    runtimeExit: { code: 7 },
    killed: false,
  });
});

test('a hook that cannot be reached means SIGTERM at once', async () => {
  const runtime = await container('process.exit(0)');
  const startMs = Date.now();
  const deletion = await deletePod(podOf(runtime), { graceSeconds: 30, hook: 'drain' });
  expect(deletion.hook).toMatchObject({ ok: false, status: undefined });
  expect(termMs(runtime) - startMs).toBeLessThan(15_000);
});

test('a container that ignores SIGTERM is killed at the end of the grace period, not before', async () => {
  const runtime = await container('');
  const deletion = await deletePod(podOf(runtime), { graceSeconds: 0.6, hook: 'none' });
  expect(deletion).toMatchObject({ hook: null, runtimeExit: { signal: 'SIGKILL' }, killed: true });
  expect(deletion.totalMs).toBeGreaterThan(590);
  expect(deletion.totalMs).toBeLessThan(10_000);
});

test('a hook that takes all of the grace period is given up; the container still gets two seconds', async () => {
  const hook = await serveHook(60_000);
  const runtime = await container('setTimeout(() => process.exit(0), 500)');
  const pod = podOf(runtime, { sidecarUrl: hook.url });
  const deletion = await deletePod(pod, { graceSeconds: 0.3, hook: 'drain' });
  expect(deletion).toMatchObject({ hook: { ok: false }, runtimeExit: { code: 0 }, killed: false });
});

test('a sleep as hook delays SIGTERM by so long', async () => {
  const runtime = await container('process.exit(0)');
  const startMs = Date.now();
  await deletePod(podOf(runtime), { graceSeconds: 5, hook: { sleepSeconds: 0.3 } });
  expect(termMs(runtime) - startMs).toBeGreaterThanOrEqual(300);
});

test('a native sidecar gets SIGTERM after the runtime is gone, a plain one at once', async () => {
  for (const sidecarKind of ['native', 'plain'] as const) {
    const runtime = await container('setTimeout(() => process.exit(0), 300)');
    const sidecar = await container('process.exit(0)');
    await deletePod(podOf(runtime, { sidecar }), {
      graceSeconds: 5,
      hook: { sleepSeconds: 0.3 },
      sidecarKind,
    });
    const afterRuntimeMs = termMs(sidecar) - termMs(runtime);
    if (sidecarKind === 'native') expect(afterRuntimeMs).toBeGreaterThanOrEqual(290);
    else expect(afterRuntimeMs).toBeLessThan(0);
  }
});
