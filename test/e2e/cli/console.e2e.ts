/** The console in a real Chromium: through a whole rollout of the fleet it says what the registry says. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { poolStatus, type PoolStatus } from '../../../cli/status/pool-status';
import type { Hold } from '../../../core/barrier';
import { podNameOf } from '../../../core/pod-id';
import type { Fleet } from '../../../harness/running-fleet';
import { waitFor } from '../../../harness/wait';
import type { RedisRegistry } from '../../../registry/redis-registry';
import { cleanUp, registryOf } from '../../registry/redis';
import {
  closeBrowser,
  coursesOn,
  expectNoProblems,
  openPage,
  podTexts,
  startConsoleBinary,
  widthOverflow,
  withoutLapses,
} from '../support/console';
import { sharedFleet } from '../support/fleet';
import { ask, begin } from '../support/request';

const TOKEN = 'a-token-of-some-length';
const SLOW_MS = 2500;
const MIB = 2 ** 20;

let registry: RedisRegistry;
let url: string;
let uploadsSeen = 0;

const fleet = sharedFleet(
  { mode: 'drain', pods: 3, gateways: 2, unbuffered: true },
  async ({ redis }: Fleet) => {
    ({ registry } = await registryOf(redis!.url));
    url = await startConsoleBinary(redis!.url, '--token', TOKEN);
    return async () => {
      await cleanUp();
      await closeBrowser();
    };
  },
);

async function status(): Promise<PoolStatus> {
  return poolStatus(await registry.overview('rt'));
}

const WORDS = { serving: /^serving(, new)?$/, gone: /^gone(, released)?$/, expired: /./ };

function ackTexts(holds: readonly Hold[], gateways: PoolStatus['gateways']): string[] {
  const live = gateways.filter(({ lease }) => lease === 'live');
  return live
    .map(({ gateway }) => {
      const hold = holds.find((one) => one.gateway === gateway);
      if (hold?.why === 'not-acked') return `… ${gateway} not acked`;
      return hold ? `✓ ${gateway}, ${hold.inFlight} in flight` : `✓ ${gateway}`;
    })
    .sort();
}

/** Until page and registry say the same of every target. */
async function untilSame(page: Page): Promise<void> {
  await waitFor(
    'the page to say what the registry says',
    async () => {
      const [texts, { targets, gateways }] = [await podTexts(page), await status()];
      const byTarget = new Map(texts.map((one) => [one.target, one]));
      expect([...byTarget.keys()].sort()).toEqual(targets.map(({ target }) => target).sort());
      for (const { target, pod, state, by, inFlight, uploads, drain } of targets) {
        const told = byTarget.get(target)!;
        const word = state === 'draining' ? new RegExp(`^draining \\(${by!}\\)$`) : WORDS[state];
        expect(told.state).toMatch(word);
        expect([told.name, told.inFlight]).toEqual([pod, String(inFlight)]);
        expect(told.uploads).toBe(`${uploads} upload${uploads === 1 ? '' : 's'}`);
        uploadsSeen = Math.max(uploadsSeen, uploads);
        expect([...told.acks].sort()).toEqual(drain ? ackTexts(drain.heldBy, gateways) : []);
      }
      return true;
    },
    { timeoutMs: 30_000 },
  );
}

/** An upload of 1 MiB that takes so long. */
async function upload(at: string, ms: number): Promise<void> {
  const open = begin(at, { method: 'POST', headers: { 'content-length': MIB } });
  open.send('the first bytes');
  await delay(ms);
  open.end(Buffer.alloc(MIB - 'the first bytes'.length));
  await open.answer;
}

/** Requests that keep every pod busy, a third of them uploads, so that each drain lasts a while. */
function keepBusy(): () => Promise<void> {
  let over = false;
  const again = async (number: number): Promise<void> => {
    while (!over) {
      const { gateways } = fleet();
      const { proxyUrl } = gateways[number % gateways.length]!;
      const ms = SLOW_MS + number * 70;
      const request =
        number % 3 === 0 ? upload(`${proxyUrl}/upload`, ms) : ask(`${proxyUrl}/slow?ms=${ms}`);
      await request.catch(() => undefined);
    }
  };
  const all = Array.from({ length: 9 }, (_, number) => again(number));
  return async () => {
    over = true;
    await Promise.all(all);
  };
}

test('through a whole rollout the page says what the registry says', async () => {
  const page = await openPage(url);
  const phone = await openPage(url, { viewport: { width: 360, height: 740 } });
  await untilSame(page);
  const courses = new Map<string, string[]>();
  registry.pool('rt').onChange((change) => {
    for (const [id, { state }] of change?.changes ?? []) {
      const course = courses.get(id) ?? [];
      if (course.at(-1) !== state) courses.set(id, [...course, state]);
    }
  });
  const before = (await status()).targets.map(({ target }) => target);
  const stopLoad = keepBusy();
  let over = false;
  let looks = 0;
  try {
    const rolling = fleet()
      .roll()
      .finally(() => (over = true));
    while (!over) {
      await untilSame(page);
      expect(await widthOverflow(phone)).toBe(0);
      looks += 1;
    }
    await rolling;
  } finally {
    await stopLoad();
  }
  await untilSame(page);
  expect(looks).toBeGreaterThan(5);
  expect(uploadsSeen).toBeGreaterThan(0);
  const wanted = Object.fromEntries(
    [...courses].map(([id, course]) => [id, before.includes(id) ? ['serving', ...course] : course]),
  );
  expect(Object.keys(wanted)).toHaveLength(6);
  expect(withoutLapses(await coursesOn(page))).toEqual(withoutLapses(wanted));
  for (const one of [page, phone]) {
    await one.locator('.drains .ended').nth(2).waitFor();
    expect(await one.locator('.drains .ended').count()).toBe(3);
  }
  const kept = await registry.history('rt').last(10);
  const names = await page.locator('.drains .name').allTextContents();
  expect(names.reverse()).toEqual(kept.map(({ pod = '' }) => podNameOf(pod)));
  await page.locator('.drains button').first().click();
  const events = page.locator('#timeline .event');
  await waitFor('the timeline', async () => (await events.count()) > 2);
  expect(await events.allTextContents()).toEqual(kept.at(-1)!.timeline.map(({ event }) => event));
  expectNoProblems(page);
  expectNoProblems(phone);
}, 180_000);

test('by keyboard alone: unlock, drain one pod, undrain it', async () => {
  const page = await openPage(url);
  await untilSame(page);
  const { target, pod } = (await status()).targets.find(({ state }) => state === 'serving')!;
  const focused = () =>
    page.evaluate<string>('document.activeElement.dataset.target ?? document.activeElement.id');
  const tabTo = async (wanted: string, key = 'Tab'): Promise<void> => {
    await page.keyboard.press(key);
    for (let presses = 0; (await focused()) !== wanted; presses++) {
      if (presses > 40) throw new Error(`no way to ${wanted} by ${key}`);
      await page.keyboard.press(key);
    }
  };
  const stateOf = async () => {
    const { targets } = await status();
    const { state, by } = targets.find((one) => one.target === target)!;
    return by === undefined ? state : `${state} by ${by}`;
  };

  const confirmed = () =>
    waitFor('the answer', async () => (await page.locator('#confirm[open]').count()) === 0);

  await tabTo('access');
  await page.keyboard.press('Enter');
  await page.keyboard.type('not the token');
  await page.keyboard.press('Enter');
  await page.locator('#login-problem', { hasText: 'not the console' }).waitFor();
  await page.keyboard.type(TOKEN);
  await page.keyboard.press('Enter');
  await page.locator('#access', { hasText: /^Lock/ }).waitFor();
  expect(await focused()).toBe('access');

  await page.keyboard.press('Tab');
  if ((await focused()) !== target) await page.keyboard.press('Home');
  if ((await focused()) !== target) await tabTo(target, 'ArrowRight');
  await page.keyboard.press('Enter');
  await tabTo('details-act');
  await page.keyboard.press('Enter');
  expect(await page.locator('#confirm-title').textContent()).toBe(`Drain ${pod!}?`);
  expect(await page.locator('#confirm-text').textContent()).toContain(target);
  await page.keyboard.press('Escape');
  expect(await stateOf()).toBe('serving');
  expect(await focused()).toBe('details-act');
  await page.keyboard.press('Enter');
  await tabTo('confirm-yes');
  await page.keyboard.press('Enter');
  await waitFor('the drain', async () => (await stateOf()) === 'draining by operator');
  await confirmed();
  await untilSame(page);

  await page.locator('#details-act', { hasText: 'Undrain' }).waitFor();
  await tabTo('details-act');
  await page.keyboard.press('Enter');
  await tabTo('confirm-yes');
  await page.keyboard.press('Enter');
  await waitFor('the end of it', async () => (await stateOf()) === 'serving');
  await confirmed();
  await page.keyboard.press('Escape');
  expect(await page.locator('dialog[open]').count()).toBe(0);
  expect(await focused()).toBe(target);
  await untilSame(page);
  expectNoProblems(page);
}, 120_000);

test('dark and light follow the reader’s system, and so does motion', async () => {
  const luminance = async (page: Page): Promise<number> => {
    const colors = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    return (
      colors
        .match(/\d+/g)!
        .slice(0, 3)
        .reduce((sum, part) => sum + Number(part), 0) / 3
    );
  };
  const light = await openPage(url, { colorScheme: 'light' });
  const dark = await openPage(url, { colorScheme: 'dark', reducedMotion: 'reduce' });
  expect(await luminance(light)).toBeGreaterThan(200);
  expect(await luminance(dark)).toBeLessThan(60);
  const moving = async (page: Page) =>
    parseFloat(
      await page.evaluate("getComputedStyle(document.querySelector('.pod')).transitionDuration"),
    );
  expect(await moving(light)).toBeGreaterThan(0);
  expect(await moving(dark)).toBe(0);
  await light.locator('.chart canvas').first().waitFor();
  expectNoProblems(light);
  expectNoProblems(dark);
}, 60_000);
