/** Every failure is counted once, under its kind: as many as the server made. Needs `npm run build`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Facts } from '../../../cli/verify/report/report';
import { cli } from '../run';
import {
  MISBEHAVIOURS,
  UPLOAD_MISBEHAVIOURS,
  listen,
  wellBehaved,
  type Misbehaviour,
} from '../../load/misbehaving-server';
import { rolledServer } from './rollout-server';

const dir = mkdtempSync(path.join(tmpdir(), 'verify-'));
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
afterAll(() => rmSync(dir, { recursive: true }));

async function verify(args: readonly string[], roll: readonly string[]) {
  const json = path.join(dir, 'report.json');
  const quick = ['--before', '300ms', '--after', '700ms', '--get-timeout', '400ms'];
  const ran = await cli(['verify', ...quick, ...args, '--json', json, '--', ...roll]);
  return { ...ran, report: JSON.parse(readFileSync(json, 'utf8')) as Facts };
}

const sum = (counts: Readonly<Record<string, number>> = {}) =>
  Object.values(counts).reduce((a, b) => a + b, 0);
const ways = Object.values(MISBEHAVIOURS);

test('GETs: 5xx by status, resets, truncated answers and timeouts, each as often as the server did it', async () => {
  const server = await rolledServer({ GET: ways }, 3);
  cleanups.push(server.close);
  const { code, out, report } = await verify(
    ['--url', server.url, '--get-rate', '100'],
    server.roll,
  );
  expect(report.getFailed).toEqual(server.done.GET);
  expect(sum(report.getFailed)).toBe(3 * ways.length);
  // The server saw one more: the question whether it answers at all.
  expect(report.gets).toBe(server.seen.GET! - 1);
  expect(report.failures).toHaveLength(3 * ways.length);
  expect(report.downtimeMs).toBeCloseTo(3 * ways.length * 10, -1);
  expect(out).toContain(`FAILED  ${3 * ways.length} requests failed`);
  expect(code).toBe(1);
});

test('uploads: cut, answered in mid-body and lied to about the hash, each as often as the server did it', async () => {
  const lie: Misbehaviour = {
    kind: 'corrupt',
    act: (request, response) =>
      request.resume().on('end', () => response.end(JSON.stringify({ sha256: 'f'.repeat(64) }))),
  };
  const cuts = Object.values(UPLOAD_MISBEHAVIOURS);
  const server = await rolledServer({ POST: [lie, ...cuts] }, 1);
  cleanups.push(server.close);
  const { report } = await verify(
    ['--url', server.url, '--get-rate', '20', '--uploads', '3', '--upload-mb', '0.3'],
    server.roll,
  );
  const { corrupt, ...failed } = server.done.POST!;
  expect(report.uploadsFailed).toEqual(failed);
  expect(report.corrupt).toBe(corrupt);
  expect(report.uploads).toBe(server.seen.POST);
  expect(report).toMatchObject({ getFailed: {}, downtimeMs: 0, unchecked: 0 });
  const marked = report.uploadRuns.filter(({ outcome }) => outcome !== 'ok');
  expect(marked).toHaveLength(sum(server.done.POST));
});

test('a service that is away refuses, and is down for as long', async () => {
  let seen = 0;
  const serve = (port = 0) =>
    listen(
      (request, response) => {
        seen += 1;
        wellBehaved(request, response);
      },
      undefined,
      port,
    );
  let server = await serve();
  const { url } = server;
  const AWAY_MS = 1000;
  const control = await listen((_, response) => {
    void server.close().then(() =>
      setTimeout(() => {
        void serve(Number(new URL(url).port)).then((again) => {
          server = again;
          response.end();
        });
      }, AWAY_MS),
    );
  });
  const { report } = await verify(
    ['--url', url, '--get-rate', '50', '--fresh-share', '1'],
    [process.execPath, '-e', `fetch('${control.url}').then((answer) => answer.text())`],
  );
  await Promise.all([server.close(), control.close()]);
  const { refused = 0, ...others } = report.getFailed;
  expect(refused).toBeGreaterThan(AWAY_MS / 40);
  // What was in flight when it closed is cut.
  expect(sum(others)).toBeLessThanOrEqual(2);
  expect(report.gets).toBe(seen - 1 + refused);
  expect(report.windows).toHaveLength(1);
  expect(report.downtimeMs).toBe(sum(report.getFailed) * 20);
});

test('a command that fails, or that does not exist, proves nothing', async () => {
  const server = await listen(wellBehaved);
  cleanups.push(server.close);
  for (const [roll, why] of [
    [['sh', '-c', 'echo no such deployment >&2; exit 3'], 'exit code 3'],
    [['/no/such/program'], 'ENOENT'],
  ] as const) {
    const { code, out, err } = await verify(['--url', server.url, '--get-rate', '50'], roll);
    expect(out).toMatch(new RegExp(`FAILED  The command failed \\(.*${why}\\)`));
    if (why === 'exit code 3') expect(err).toContain('no such deployment');
    expect(code).toBe(1);
  }
});

test('what waits for the rollout is waited for, and may fail', async () => {
  const server = await listen(wellBehaved);
  cleanups.push(server.close);
  const marker = path.join(dir, 'waited');
  const good = await verify(
    ['--url', server.url, '--get-rate', '50', '--settled-when', `touch ${marker}`],
    ['true'],
  );
  expect(readFileSync(marker, 'utf8')).toBe('');
  expect(good).toMatchObject({ code: 0, report: { waitCommand: { code: 0 } } });
  expect(good.report.settledMs).toBeGreaterThanOrEqual(good.report.waitCommand!.untilMs!);
  const bad = await verify(['--url', server.url, '--settled-when', 'exit 4'], ['true']);
  expect(bad.out).toMatch(/FAILED {2}The command failed \(exit code 4\): sh -c 'exit 4'/);
  expect(bad.code).toBe(1);
});
