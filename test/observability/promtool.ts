/**
 * Owns the run of Prometheus' own `promtool test rules` over samples that the processes' registries printed.
 * Invariant: the samples are what a scrape would give, one text for each 30 s; nothing of them is written by hand.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { repositoryRoot } from '../../harness/repository';

const run = promisify(execFile);
const rules = path.join(repositoryRoot, 'deploy', 'observability', 'alerts.yml');
export const SCRAPE_SECONDS = 30;

export async function hasPromtool(): Promise<boolean> {
  return run('promtool', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Rejects with promtool's words. */
export async function checkRules(): Promise<void> {
  await run('promtool', ['check', 'rules', rules]);
}

/** Rejects, with promtool's words, unless so many series of the alert fire at the last scrape. */
export async function expectFiring(
  alert: string,
  scrapes: readonly string[],
  firing: number,
): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), 'promtool-'));
  const file = path.join(dir, 'test.yml');
  const interval = `${SCRAPE_SECONDS}s`;
  const test = {
    rule_files: [rules],
    evaluation_interval: interval,
    tests: [
      {
        interval,
        input_series: series(scrapes),
        promql_expr_test: [
          {
            expr: `count(ALERTS{alertname="${alert}", alertstate="firing"}) or vector(0)`,
            eval_time: `${(scrapes.length - 1) * SCRAPE_SECONDS}s`,
            exp_samples: [{ labels: '{}', value: firing }],
          },
        ],
      },
    ],
  };
  writeFileSync(file, stringify(test));
  try {
    await run('promtool', ['test', 'rules', file]);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${stdout}${stderr}`, { cause: error });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** A line of the text format; `_` stands for a scrape in which a series is missing. */
const SAMPLE = /^([a-z_]+)(\{[^}]*\})? (\S+)$/;

function series(scrapes: readonly string[]): { series: string; values: string }[] {
  const values = new Map<string, string[]>();
  scrapes.forEach((text, i) => {
    for (const line of text.split('\n')) {
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      const id = `${name}${labels}`;
      const list = values.get(id) ?? Array.from({ length: scrapes.length }, () => '_');
      list[i] = value;
      values.set(id, list);
    }
  });
  return [...values].map(([id, list]) => ({ series: id, values: list.join(' ') }));
}
