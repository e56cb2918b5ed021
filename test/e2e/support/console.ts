/**
 * Owns the console's binary and the browser before it: the system's Chromium ($CHROMIUM names another), headless.
 * Invariant: both end with the tests of the file; a page that throws, or that its own rules block, fails its test.
 */
import path from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { freePort } from '../../../harness/free-port';
import { startProcess } from '../../../harness/process';
import { compiledEntry } from '../../../harness/repository';
import { waitFor } from '../../../harness/wait';
import { onCleanUp, temporaryFolder } from '../../registry/redis';

/** The console at this registry; resolves to its address. */
export async function startConsoleBinary(
  redisUrl: string,
  ...args: readonly string[]
): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const console = startProcess({
    name: `console:${port}`,
    command: process.execPath,
    args: [
      ...[compiledEntry('cli/main.ts'), 'console', '--redis', redisUrl],
      ...['--listen', `127.0.0.1:${port}`, ...args],
    ],
    logFile: path.join(temporaryFolder(), 'console.log'),
  });
  onCleanUp(() => console.stop());
  await waitFor('the console', async () => (await fetch(`${url}/healthz`)).ok);
  return url;
}

let browser: Promise<Browser> | undefined;

function launched(): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // As root, and in containers without user namespaces, Chromium has no sandbox. It loads our own page alone.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    timeout: 60_000,
  });
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

const problems = new WeakMap<Page, string[]>();

/** Opens the page, watched for its own errors. */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await (await launched()).newContext(options);
  onCleanUp(() => context.close());
  const page = await context.newPage();
  const found: string[] = [];
  problems.set(page, found);
  page.on('pageerror', ({ message }) => found.push(message));
  page.on('console', (told) => {
    if (told.type() === 'error' && !/Failed to load resource/.test(told.text()))
      found.push(told.text());
  });
  await page.addInitScript({ content: RECORD_COURSES });
  await page.goto(url);
  await page.locator('.lane').first().waitFor({ timeout: 30_000 });
  return page;
}

export function expectNoProblems(page: Page): void {
  expect(problems.get(page)).toEqual([]);
}

/** Runs in the page: notes each state that a pod's element takes, by target. */
const RECORD_COURSES = `
  globalThis.courses = {};
  const note = () => {
    for (const button of document.querySelectorAll('.bars [data-target]')) {
      const state = button.classList[1];
      const told = state === 'new' ? 'serving' : state === 'cut' ? 'gone' : state;
      const course = (courses[button.dataset.target] ??= []);
      if (course.at(-1) !== told) course.push(told);
    }
  };
  document.addEventListener('DOMContentLoaded', () => new MutationObserver(note).observe(document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ['class'],
  }));
`;

/** The states that each pod's element took. */
export function coursesOn(page: Page): Promise<Record<string, string[]>> {
  return page.evaluate('courses');
}

/**
 * Courses without the lapses of leases, of which on a busy machine one who looks may see one and another not; what is on
 * both sides of a lapse and the same is one state.
 */
export function withoutLapses(
  courses: Readonly<Record<string, readonly string[]>>,
): Record<string, string[]> {
  const lasting = (course: readonly string[]): string[] =>
    course
      .filter((state) => state !== 'expired')
      .filter((state, at, states) => state !== states[at - 1]);
  return Object.fromEntries(Object.entries(courses).map(([id, course]) => [id, lasting(course)]));
}

export interface PodText {
  readonly target: string;
  readonly name: string;
  readonly state: string;
  readonly inFlight: string;
  /** Such as `3 uploads`; also where it is hidden. */
  readonly uploads: string;
  /** Of one that drains, a word of each gateway. */
  readonly acks: readonly string[];
}

const POD_TEXTS = `[...document.querySelectorAll('.bars [data-target]')].map((button) => {
  const text = (name) => button.querySelector('.' + name).textContent;
  const shown = [...button.parentElement.querySelectorAll('.acks:not([hidden]) li')];
  const { target } = button.dataset;
  const acks = shown.map(({ textContent }) => textContent);
  return { target, name: text('name'), state: text('state'), inFlight: text('flight'), uploads: text('uploads'), acks };
})`;

/** What the page says of each pod, as it is written there. */
export function podTexts(page: Page): Promise<PodText[]> {
  return page.evaluate(POD_TEXTS);
}

/** How much wider the page is than its window, in pixels. */
export function widthOverflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth');
}
