/** Completion as shells ask for it: by the real bash (and zsh, where it is), with the real binary. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { compiledEntry } from '../../harness/repository';
import type { RedisRegistry } from '../../registry/redis-registry';
import { cleanUp, realRedis, registryOf, temporaryFolder } from '../registry/redis';
import { serving } from '../registry/statements';
import { cli } from './run';

const run = promisify(execFile);
let url: string;
let bin: string;
let registry: RedisRegistry;

beforeAll(async () => {
  ({ url } = await realRedis());
  ({ registry } = await registryOf(url));
  const pool = registry.pool('rt');
  const renewed = { leaseMs: 600_000, node: 'node-1' };
  await pool.announce({ ...serving({ id: '10.1.0.1:8080', fence: 1, pod: 'rt-a' }), ...renewed });
  await pool.announce({ ...serving({ id: '10.2.0.1:8080', fence: 1, pod: 'rt-b' }), ...renewed });
  bin = temporaryFolder();
  const binary = path.join(bin, 'kong-drain');
  writeFileSync(
    binary,
    `#!/bin/sh\nexec "${process.execPath}" "${compiledEntry('cli/main.ts')}" "$@"\n`,
  );
  chmodSync(binary, 0o755);
  mkdirSync(path.join(bin, 'deploy'));
  writeFileSync(path.join(bin, 'my file.yaml'), '');
});
afterAll(cleanUp);

const env = () => ({
  ...process.env,
  PATH: `${bin}:${process.env.PATH ?? ''}`,
  DRAIN_REDIS_URL: url,
});

/** What bash would offer for the line, its cursor at the end. */
async function bash(line: string): Promise<string[]> {
  const script = `
    source <(kong-drain completion bash)
    complete -p kong-drain >/dev/null || exit 9
    COMP_LINE=$1 COMP_POINT=\${#1}
    _kong_drain
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-c', script, 'bash', line], {
    cwd: bin,
    env: env(),
  });
  return stdout.split('\n').filter((word) => word !== '');
}

test('commands, and only those of people', async () => {
  const commands = await bash('kong-drain ');
  expect(commands).toEqual(expect.arrayContaining(['status', 'drain', 'lint', 'completion']));
  expect(commands.join()).not.toContain('__complete');
  expect(await bash('kong-drain und')).toEqual(['undrain']);
});

test('options of the command that is meant', async () => {
  expect(await bash('kong-drain status --wa')).toEqual(['--watch']);
  expect(await bash('kong-drain history --output json --ti')).toEqual(['--timeline']);
  expect(await bash('kong-drain status --fix')).toEqual([]);
});

test('values that an option chooses from, also after =', async () => {
  expect(await bash('kong-drain status -o ')).toEqual(['table', 'json', 'yaml']);
  expect(await bash('kong-drain status --output=j')).toEqual(['json']);
  expect(await bash('kong-drain lint -o s')).toEqual(['sarif']);
  expect(await bash('kong-drain completion ')).toEqual(['bash', 'zsh']);
});

test('pools, pods, nodes and targets of the registry; of a target what bash has not yet', async () => {
  expect(await bash('kong-drain status --pool ')).toEqual(['rt']);
  expect(await bash('kong-drain drain --pod ')).toEqual(['rt-a', 'rt-b']);
  expect(await bash('kong-drain undrain --node ')).toEqual(['node-1']);
  expect(await bash('kong-drain drain 10.')).toEqual(['10.1.0.1:8080', '10.2.0.1:8080']);
  expect(await bash('kong-drain drain 10.1.0.1:')).toEqual(['8080']);
  expect(await bash('kong-drain drain 10.1.0.1:8080 ')).toEqual([]);
});

test('files where files are wanted', async () => {
  expect((await bash('kong-drain lint ')).sort()).toEqual(['deploy', 'kong-drain', 'my file.yaml']);
  expect(await bash('kong-drain status --redis-ca-file my')).toEqual(['my file.yaml']);
});

test('without Redis there are none, and no error', async () => {
  expect(await bash('kong-drain drain --redis redis://127.0.0.1:1 --pod ')).toEqual([]);
});

test('both shells have a script that the shell takes; another is refused', async () => {
  const { out } = await cli(['completion', 'bash']);
  await run('bash', ['-n', '-c', out]);
  expect((await cli(['completion', 'zsh'])).out).toMatch(/^#compdef kong-drain\n/);
  expect(await cli(['completion', 'fish'])).toMatchObject({ code: 2 });
});

const hasZsh = () =>
  run('zsh', ['--version']).then(
    () => true,
    () => false,
  );

test('zsh defines it, and asks the same (where zsh is installed)', async () => {
  if (!(await hasZsh())) return;
  const script = `
    autoload -Uz compinit && compinit -u -D
    source <(kong-drain completion zsh)
    [[ \${_comps[kong-drain]} == _kong_drain ]] || exit 9
    _describe() { print -l -- "\${(@P)argv[-1]}" }
    words=(kong-drain drain 10.1) CURRENT=3
    _kong_drain`;
  const { stdout } = await run('zsh', ['-f', '-c', script], { cwd: bin, env: env() });
  expect(stdout.trim()).toBe('10.1.0.1\\:8080:');
});
