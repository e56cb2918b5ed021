/** What the harness promises of processes: each ends with all it started, and none outlives the harness unseen. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { assertNoProcessLeaks, groupPids, liveGroups } from '../../harness/process-groups';
import { startProcess, type HarnessProcess } from '../../harness/process';
import { repositoryRoot } from '../../harness/repository';
import { waitFor } from '../../harness/wait';

const dir = mkdtempSync(path.join(tmpdir(), 'harness-process-'));
afterAll(async () => {
  await assertNoProcessLeaks();
  rmSync(dir, { recursive: true });
});

const shell = (name: string, script: string): HarnessProcess =>
  startProcess({
    name,
    command: '/bin/sh',
    args: ['-c', script],
    logFile: path.join(dir, `${name}.log`),
  });

test('a process reports its exit, and its output is in its log', async () => {
  const child = shell('speaker', 'echo out; echo err >&2; exit 3');
  await expect(child.exited).resolves.toEqual({ code: 3, signal: null });
  expect(child.alive()).toBe(false);
  expect(child.signal('SIGTERM')).toBe(false);
  expect(readFileSync(child.logFile, 'utf8')).toBe('out\nerr\n');
});

test('a command that is not there is refused with the name of what to install', () => {
  const options = {
    name: 'nothing',
    command: '/no/such/command',
    logFile: path.join(dir, 'no.log'),
  };
  expect(() => startProcess(options)).toThrow('is "/no/such/command" installed?');
});

test('stop ends what a process left behind, and a process that ignores the signal', async () => {
  const parent = shell('parent', 'sleep 600 & wait');
  await waitFor('the child of the shell', () => groupPids(parent.pid).length === 2);
  await expect(parent.stop()).resolves.toEqual({ code: null, signal: 'SIGTERM' });
  await waitFor('the whole group to go', () => liveGroups().length === 0);

  const deaf = shell('deaf', 'trap "" TERM; echo ready; while :; do sleep 600; done');
  await waitFor('the trap', () => readFileSync(deaf.logFile, 'utf8') === 'ready\n');
  await expect(deaf.stop({ timeoutMs: 100 })).resolves.toEqual({ code: null, signal: 'SIGKILL' });
});

test('a leak is named, and killed', async () => {
  const leak = shell('forgotten', 'exec sleep 600');
  await expect(assertNoProcessLeaks()).rejects.toMatchObject({
    code: 'PROCESS_LEAK',
    message: expect.stringContaining(`forgotten (${leak.pid})`) as string,
  });
  await expect(leak.exited).resolves.toMatchObject({ signal: 'SIGKILL' });
});

test('a leak is seen also where only a child of an ended process is left', async () => {
  const parent = shell('gone', 'sleep 600 & exit 0');
  await parent.exited;
  await expect(assertNoProcessLeaks()).rejects.toMatchObject({ code: 'PROCESS_LEAK' });
});

test('what a harness started dies with it, even if the harness is killed', async () => {
  const harness = path.join(repositoryRoot, 'dist/harness/process');
  const script = `
    const { startProcess } = require(${JSON.stringify(harness)});
    const child = startProcess({ name: 'x', command: 'sh', args: ['-c', 'sleep 600 & wait'],
      logFile: ${JSON.stringify(path.join(dir, 'x.log'))} });
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const process_ = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) =>
    process_.stdout.once('data', (data: Buffer) => resolve(Number(data))),
  );
  expect(() => process.kill(-pid, 0)).not.toThrow();
  process_.kill('SIGKILL');
  await waitFor('the reaper to do its work', () => !groupLives(pid));
});

/** The container's init may leave zombies, which still take signal 0. */
function groupLives(pgid: number): boolean {
  try {
    process.kill(-pgid, 0);
    const stat = readFileSync(`/proc/${pgid}/stat`, 'latin1');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
