/** `kong-drain verify` on whole fleets: it reports the very failures that a witness between it and the gateway saw. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Facts } from '../../../cli/verify/report/report';
import type { Verdict } from '../../../cli/verify/report/verdict';
import { compiledEntry } from '../../../harness/repository';
import type { Rollout } from '../../../harness/rollout';
import type { Fleet } from '../../../harness/running-fleet';
import { listen } from '../../load/misbehaving-server';
import { withFleet } from '../support/fleet';
import { startWitness } from '../support/witness';

type Report = Facts & { readonly verdict: Verdict };

async function verified(fleet: Fleet, more: readonly string[]) {
  const dir = mkdtempSync(path.join(tmpdir(), 'verify-'));
  const json = path.join(dir, 'report.json');
  const between = await startWitness(fleet.gateways[0]!.proxyUrl);
  let rollout: Rollout | undefined;
  const control = await listen((_, response) => {
    void fleet.roll().then((done) => {
      rollout = done;
      response.end();
    });
  });
  const load = [
    '--get-rate',
    '60',
    '--uploads',
    '2',
    '--upload-mb',
    '4',
    '--upload-rate',
    '4000000',
  ];
  const roll = [process.execPath, '-e', `fetch('${control.url}').then((answer) => answer.text())`];
  const args = [
    'verify',
    '--url',
    between.url,
    ...load,
    '--before',
    '1s',
    '--after',
    '3s',
    ...more,
  ];
  const code = await new Promise<number>((resolve) => {
    execFile(
      process.execPath,
      [compiledEntry('cli/main.ts'), ...args, '--json', json, '--', ...roll],
      (error) => resolve(error ? Number(error.code) : 0),
    );
  });
  await Promise.all([between.close(), control.close()]);
  const report = JSON.parse(readFileSync(json, 'utf8')) as Report;
  rmSync(dir, { recursive: true });
  return { code, report, seen: between.seen, rollout: rollout! };
}

function sum(counts: Readonly<Record<string, number>> = {}): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

test('of a plain rollout it reports the very failures that were seen between it and the gateway', async () => {
  await withFleet({ mode: 'plain', retries: 0 }, async (fleet) => {
    // Some 18 answers are under way at any moment, so each pod that exits cuts some.
    const { code, report, seen } = await verified(fleet, ['--get-path', '/slow?ms=300']);
    const { 200: answered = 0, ...failed } = seen.GET!;
    const { 200: uploaded = 0, ...cut } = seen.POST!;
    expect(sum(failed) + sum(cut)).toBeGreaterThan(0);
    expect(report.getFailed).toEqual(failed);
    expect(report.uploadsFailed).toEqual(cut);
    // The first GET asked whether the service answers at all.
    expect(report.gets).toBe(answered + sum(failed) - 1);
    expect(report.uploads).toBe(uploaded + sum(cut));
    expect(report.corrupt).toBe(0);
    for (const { fromMs } of report.windows) {
      expect(fromMs).toBeGreaterThan(report.command!.fromMs);
    }
    expect(code).toBe(1);
  });
}, 120_000);

test('of a drained rollout it reports none, and the drains as the sidecars tell them', async () => {
  await withFleet({ mode: 'drain', gateways: 1 }, async (fleet) => {
    const redis = ['--redis', fleet.redis!.url, '--pool', 'rt'];
    const { code, report, seen, rollout } = await verified(fleet, redis);
    expect(report).toMatchObject({ getFailed: {}, uploadsFailed: {}, corrupt: 0, downtimeMs: 0 });
    expect(report.verdict.reasons).toEqual([]);
    expect(seen).toEqual({ GET: { 200: report.gets + 1 }, POST: { 200: report.uploads } });
    expect(report.gets).toBeGreaterThan(60);
    expect(report.uploads).toBeGreaterThan(2);
    expect(report.pods).toHaveLength(4);
    const drained = rollout.deletions.map(({ target }) => target).sort();
    expect(report.drains.map(({ target }) => target).sort()).toEqual(drained);
    for (const drain of report.drains) {
      expect(drain.by).toBe('hook');
      expect(drain.acks.map(({ gateway }) => gateway)).toEqual([fleet.gateways[0]!.name]);
      expect(drain.untilMs).toBeGreaterThan(drain.fromMs);
      expect(drain.failed).toBe(0);
    }
    expect(code).toBe(0);
  });
}, 120_000);
