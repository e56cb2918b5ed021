/** The console in a real Chromium with 500 pods on a real Redis: still one look, still the same elements. */
import path from 'node:path';
import { startRedis } from '../../../harness/redis';
import { waitFor } from '../../../harness/wait';
import { cleanUp, onCleanUp, realRedis, registryOf, temporaryFolder } from '../../registry/redis';
import { draining, renewal, serving } from '../../registry/statements';
import {
  closeBrowser,
  expectNoProblems,
  openPage,
  startConsoleBinary,
  widthOverflow,
} from '../support/console';

afterAll(async () => {
  await cleanUp();
  await closeBrowser();
}, 30_000);

const PODS = 500;
const long = { leaseMs: 600_000 };
const idOf = (n: number) => `10.1.${Math.floor(n / 250)}.${(n % 250) + 1}:8080`;

test('500 pods are cells, one that drains is a bar, and Redis may go and come', async () => {
  const redis = await realRedis();
  const { registry } = await registryOf(redis.url);
  const pool = registry.pool('rt');
  for (let n = 0; n < PODS; n++) {
    await pool.announce({ ...serving({ id: idOf(n), fence: 1, pod: `rt-${n}` }), ...long });
  }
  const url = await startConsoleBinary(redis.url);
  const page = await openPage(url);
  const cells = page.locator('.cells .pod');
  await waitFor('all cells', async () => (await cells.count()) === PODS);
  await page.evaluate(
    `document.querySelectorAll('.cells .pod').forEach((one) => one.setAttribute('data-kept', ''))`,
  );

  const holding = Object.fromEntries(
    Array.from({ length: PODS }, (_, n) => [idOf(n), 1 + (n % 9)]),
  );
  await pool.renew({ ...renewal({ fence: 1, holding }), ...long });
  const texts = () => page.locator('.cells .flight').allTextContents();
  const wanted = Object.values(holding).map(String);
  await waitFor(
    'every count',
    async () => JSON.stringify(await texts()) === JSON.stringify(wanted),
  );

  // A hidden tab draws no frame; its clock may be another than the server's.
  const hidden = await openPage(url);
  await hidden.evaluate('requestAnimationFrame = () => 0');
  await page.evaluate('Date.now = ((now) => () => now() + 7_200_000)(Date.now)');

  const said = draining({ id: idOf(321), fence: 1, serial: 2, pod: 'rt-321' });
  await pool.announce({ ...said, ...long, state: 'draining', by: 'hook', leftMs: 25_000 });
  await waitFor('the title', async () => (await hidden.title()).startsWith('◐ 1 draining'));
  const bar = page.locator('.bars .pod.draining');
  await bar.waitFor();
  expect(await bar.locator('.name').textContent()).toBe('rt-321');
  expect(await bar.locator('.clock').textContent()).toMatch(/^\d+\.\d s of 25 s left$/);
  expect(await page.locator('.cells .draining').getAttribute('data-target')).toBe(idOf(321));
  // Nothing was drawn anew.
  expect(await page.locator('.cells [data-kept]').count()).toBe(PODS);
  const cell = page.locator(`.cells [data-target="${idOf(0)}"]`);
  expect(await cell.getAttribute('aria-label')).toMatch(
    /^rt-0: serving, new, 1 request in flight$|^rt-0: serving, 1 request in flight$/,
  );
  expect(await page.locator('.cells [tabindex="0"]').count()).toBe(1);
  expect(await widthOverflow(page)).toBe(0);
  const phone = await openPage(url, { viewport: { width: 320, height: 640 } });
  expect(await widthOverflow(phone)).toBe(0);

  await redis.stop({ signal: 'SIGKILL' });
  const banner = page.locator('#banner');
  await banner.filter({ hasText: 'The registry has not answered' }).waitFor();
  expect(await cells.count()).toBe(PODS);
  expect(await banner.textContent()).toMatch(/not answered for \d+ s;/);
  const back = await startRedis({ dir: path.join(temporaryFolder(), 'back'), port: redis.port });
  onCleanUp(() => back.stop({ signal: 'SIGKILL' }));
  const again = await registryOf(back.url);
  const young = again.registry.pool('rt');
  await young.announce({ ...serving({ id: idOf(1), fence: 1 }), ...long });
  // A registry is young for the longest lease that a gateway has told: here until the test is over.
  const told = renewal({ fence: 1 });
  await young.renew({ ...told, ...long, report: { ...told.report, ...long } });
  await banner.waitFor({ state: 'hidden' });
  await page.locator('.note', { hasText: 'The registry is young' }).waitFor();
  await waitFor(
    'the one that is there',
    async () => (await page.locator('.bars .pod').count()) === 1,
  );
  expectNoProblems(page);
}, 120_000);
