/** The console while Redis is away, and when it is ended itself; a real Redis, and the binary for SIGTERM. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { compiledEntry } from '../../../harness/repository';
import { startRedis } from '../../../harness/redis';
import { waitFor } from '../../../harness/wait';
import { cleanUp, onCleanUp, realRedis, registryOf, temporaryFolder } from '../../registry/redis';
import { serving } from '../../registry/statements';
import { order, Page, startConsole, TOKEN } from './console';

afterEach(cleanUp);

const A = '10.1.0.1:8080';
const announce = async (url: string, id: string) => {
  const { registry } = await registryOf(url);
  await registry
    .pool('rt')
    .announce({ ...serving({ id, fence: 1, pod: 'rt-a' }), leaseMs: 600_000 });
};

test('without Redis the page keeps what it knew, is told so, and goes on when Redis is back', async () => {
  const redis = await realRedis();
  await announce(redis.url, A);
  const { url } = await startConsole('--redis', redis.url, '--token', TOKEN);
  const page = new Page(url);
  await waitFor('the pool', () => page.pools.size === 1);
  await redis.stop({ signal: 'SIGKILL' });
  await waitFor('word of it', () => !page.registry.reachable);
  await waitFor('the reason', () => page.registry.message?.includes('ECONNREFUSED'));
  expect(page.pools.get('rt')!.targets.size).toBe(1);
  await waitFor('a gap in the figures', () => page.samples.at(-1)?.pools === null);
  const late = new Page(url);
  await waitFor('a page that comes now', () => late.heard.length > 0);
  expect(late.registry.reachable).toBe(false);
  expect(late.registry.awayMs).toBeGreaterThan(page.registry.awayMs!);
  expect(late.pools.get('rt')!.targets.size).toBe(1);
  const refused = await order(url, { act: 'drain', pool: 'rt', target: A, podId: 'rt-a' });
  expect(refused.status).toBe(503);
  expect(refused.body).toContain('Nothing was ordered');

  const back = await startRedis({ dir: path.join(temporaryFolder(), 'back'), port: redis.port });
  onCleanUp(() => back.stop({ signal: 'SIGKILL' }));
  await announce(back.url, '10.1.0.2:8080');
  await waitFor('the pages to go on', () =>
    [page, late].every(
      (one) => one.registry.reachable && one.pools.get('rt')?.targets.has('10.1.0.2:8080'),
    ),
  );
  await waitFor('figures again', () => page.samples.at(-1)?.pools?.rt);
});

test('it starts without Redis, and says why the page is empty', async () => {
  const { url, stop } = await startConsole('--redis', 'redis://user:secret@127.0.0.1:1');
  const page = new Page(url);
  await waitFor('the reason', () => page.registry.message?.includes('ECONNREFUSED'));
  const { err, code } = await stop();
  expect(code).toBe(0);
  expect(err).toContain('note: Redis did not answer');
  expect(err).not.toContain('secret');
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends it with 0, and its pages’ streams',
  async (signal) => {
    const redis = await realRedis();
    const args = ['console', '--redis', redis.url, '--listen', '127.0.0.1:0', '-o', 'json'];
    const child = spawn(process.execPath, [compiledEntry('cli/main.ts'), ...args]);
    onCleanUp(() => child.kill('SIGKILL'));
    let out = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    const { url } = await waitFor('its address', () => JSON.parse(out) as { url: string });
    const page = new Page(url);
    await waitFor('the page', () => page.heard.length > 0);
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    await waitFor('the end of the stream', () => page.ended);
  },
);
