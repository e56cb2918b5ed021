/**
 * One rollout under load, watched at once by `status --watch`, the console (its events, and its page in a real Chromium) and
 * `verify`, and counted by a witness between `verify` and the gateway: all agree on every count that they share.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { PoolStatus } from '../../../cli/status/pool-status';
import { lostOf, type Facts } from '../../../cli/verify/report/report';
import { startProcess } from '../../../harness/process';
import { compiledEntry } from '../../../harness/repository';
import type { Rollout } from '../../../harness/rollout';
import type { Fleet } from '../../../harness/running-fleet';
import { waitFor } from '../../../harness/wait';
import { Page as EventPage } from '../../cli/console/console';
import { listen } from '../../load/misbehaving-server';
import { cleanUp, onCleanUp, temporaryFolder } from '../../registry/redis';
import {
  closeBrowser,
  coursesOn,
  expectNoProblems,
  openPage,
  podTexts,
  startConsoleBinary,
  withoutLapses,
} from '../support/console';
import { withFleet } from '../support/fleet';
import { startWitness } from '../support/witness';

type Courses = Record<string, string[]>;

const UPLOADS = ['--uploads', '6', '--upload-mb', '6', '--upload-rate', '2500000'];
const GETS = ['--get-rate', '50'];

/** `status --watch` as a process of its own; what it has printed so far. */
function watchStatus(redisUrl: string): () => PoolStatus[] {
  const args = [
    'status',
    '--watch',
    '--all',
    '-o',
    'json',
    '--interval',
    '200ms',
    '--redis',
    redisUrl,
  ];
  const logFile = path.join(temporaryFolder(), 'status.jsonl');
  const command = [compiledEntry('cli/main.ts'), ...args];
  const watch = startProcess({ name: 'status', command: process.execPath, args: command, logFile });
  onCleanUp(() => watch.stop({ signal: 'SIGINT' }));
  return () => {
    const lines = readFileSync(logFile, 'utf8').split('\n').slice(0, -1);
    return lines.flatMap((line) => JSON.parse(line) as PoolStatus[]);
  };
}

function coursesIn(frames: readonly PoolStatus[]): Courses {
  const courses: Courses = {};
  for (const { target, state } of frames.flatMap(({ targets }) => targets)) {
    const course = (courses[target] ??= []);
    if (course.at(-1) !== state) course.push(state);
  }
  return courses;
}

function coursesOf({ pods }: Facts): Courses {
  return Object.fromEntries(
    pods.map(({ target, phases }) => {
      const states: string[] = phases.map(({ phase }) => phase);
      return [target, phases.at(-1)?.untilMs === undefined ? states : [...states, 'gone']];
    }),
  );
}

/** `verify` around the fleet's rollout, through a witness. */
async function verify(fleet: Fleet) {
  const witness = await startWitness(fleet.gateways[0]!.proxyUrl);
  onCleanUp(() => witness.close());
  let rollout: Rollout | undefined;
  const control = await listen((_, response) => {
    void fleet.roll().then((done) => {
      rollout = done;
      response.end();
    });
  });
  onCleanUp(() => control.close());
  const json = path.join(temporaryFolder(), 'verify.json');
  const roll = [process.execPath, '-e', `fetch('${control.url}').then((answer) => answer.text())`];
  const verifier = startProcess({
    name: 'verify',
    command: process.execPath,
    args: [
      ...[compiledEntry('cli/main.ts'), 'verify', '--url', witness.url, ...GETS, ...UPLOADS],
      ...['--redis', fleet.redis!.url, '--pool', 'rt', '--before', '3s', '--after', '3s'],
      ...['--json', json, '--', ...roll],
    ],
    logFile: path.join(temporaryFolder(), 'verify.log'),
  });
  const { code } = await verifier.exited;
  const report = JSON.parse(readFileSync(json, 'utf8')) as Facts;
  return { code, report, seen: witness.seen, rollout: rollout! };
}

test('status, console and verify agree on one rollout under load', async () => {
  // Streamed to their pods, so that each drain has something to wait for.
  await withFleet({ mode: 'drain', gateways: 1, unbuffered: true }, async (fleet) => {
    try {
      await agree(fleet);
    } finally {
      await cleanUp();
      await closeBrowser();
    }
  });
}, 180_000);

async function agree(fleet: Fleet): Promise<void> {
  const framesOf = watchStatus(fleet.redis!.url);
  const url = await startConsoleBinary(fleet.redis!.url);
  const events = new EventPage(url);
  const page = await openPage(url);
  await waitFor('all to see the pods', () => {
    const seen = [events.pools.get('rt')?.targets.size, framesOf().at(-1)?.targets.length];
    return seen.every((count) => count === 2);
  });

  const { code, report, seen, rollout } = await verify(fleet);
  const deleted = rollout.deletions.map(({ target }) => target).sort();
  await waitFor(
    'the page to know the last drain',
    async () => (await page.locator('.drains .ended').count()) === deleted.length,
  );
  const frames = framesOf();

  // Each target's states, one after the other.
  const courses = withoutLapses(coursesIn(frames));
  expect(Object.keys(courses)).toHaveLength(4);
  for (const target of deleted) expect(courses[target]).toEqual(['serving', 'draining', 'gone']);
  expect(withoutLapses(Object.fromEntries(events.courses))).toEqual(courses);
  expect(withoutLapses(await coursesOn(page))).toEqual(courses);
  expect(withoutLapses(coursesOf(report))).toEqual(courses);

  // Drains, by whom, how they ended, and whose acks they had.
  const drained = Object.keys(courses).filter((target) => courses[target]!.includes('draining'));
  expect(drained.sort()).toEqual(deleted);
  const drainsOf = (list: readonly { target: string; by?: string; outcome?: string }[]) =>
    list.map(({ target, by, outcome }) => ({ target, by, outcome })).sort(byTarget);
  expect(drainsOf(report.drains)).toEqual(drainsOf(events.drains));
  const acksOf = (list: readonly { target: string; gateways: string[] }[]) =>
    [...list].sort(byTarget);
  expect(
    acksOf(
      report.drains.map(({ target, acks }) => ({
        target,
        gateways: acks.map(({ gateway }) => gateway),
      })),
    ),
  ).toEqual(
    acksOf(
      events.drains.map(({ target, gateways }) => ({
        target,
        gateways: gateways.map(({ name }) => name),
      })),
    ),
  );
  const outcomes = await page.locator('.drains .state').allTextContents();
  expect(outcomes).toEqual(deleted.map(() => 'released · by hook'));
  const count = (outcome: string) => report.drains.filter((one) => one.outcome === outcome).length;
  expect([count('released'), count('cut')]).toEqual([deleted.length, 0]);

  // What was lost, and what arrived: by verify, by the sidecars' words in the console, by the witness.
  expect(lostOf(report)).toBe(0);
  expect(report.drains.map(({ failed }) => failed)).toEqual(deleted.map(() => 0));
  expect(
    events.drains.flatMap(({ cutRequests, cutConnections }) => [...cutRequests, ...cutConnections]),
  ).toEqual([]);
  expect(await page.locator('#cut').textContent()).toBe('None in the last 2 drains.');
  expect(seen).toEqual({ GET: { 200: report.gets + 1 }, POST: { 200: report.uploads } });
  expect(report.uploads).toBeGreaterThan(6);
  expect(code).toBe(0);

  // Uploads were seen while there were some; once it is quiet nothing is in flight any more, by each of them.
  const uploadsIn = ({ targets }: PoolStatus) =>
    targets.reduce((sum, { uploads }) => sum + uploads, 0);
  expect(Math.max(...frames.map(uploadsIn))).toBeGreaterThan(1);
  await waitFor('the counts', async () => {
    const last = framesOf().at(-1)!;
    const told = [...events.pools.get('rt')!.targets.values()];
    const shown = await podTexts(page);
    const sums = [last.targets, told, shown].map((list) =>
      (list as readonly { inFlight: number | string; uploads: number | string }[]).reduce(
        (sum, one) => sum + Number(one.inFlight) + parseInt(String(one.uploads)),
        0,
      ),
    );
    return sums.every((sum) => sum === 0);
  });
  expectNoProblems(page);
}

function byTarget(a: { target: string }, b: { target: string }): number {
  return a.target.localeCompare(b.target);
}
