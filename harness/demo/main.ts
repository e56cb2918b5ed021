/** The demo: `npm run demo -- --help`. Owns the process: arguments, both runs, table, JSON, exit code. */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { endWith } from '../end-with';
import { gatewayVersion } from '../gateway/version';
import { audienceOf } from './audience';
import { parseOptions } from './options';
import { checkPrograms } from '../preflight';
import type { DemoReport, RunReport } from './report';
import { run } from './run';
import { resultTable } from './table';
import { judge, proofOf } from './verdict';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), () => randomInt(1, 1_000_000));
  checkPrograms(process.env, options.chain);
  const gateway = await gatewayVersion();
  const { seed, json, ...shown } = options;
  console.log(`Gateway: ${gateway}. Seed: ${seed} (--seed ${seed} repeats this load).`);

  const audience = audienceOf(process.stdout);
  const plain = await run('plain', options, audience);
  console.log(`The plain rollout: ${summary(plain.report)}`);
  const drain = await run('drain', options, audience);
  console.log(`The acknowledged drain: ${summary(drain.report)}`);
  console.log(resultTable(plain, drain, process.stdout.isTTY));

  const report: DemoReport = {
    ...{ gateway, plain: plain.report, drain: drain.report },
    ...{ seed, options: shown },
  };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  const { exitCode, reasons } = judge(report, proofOf(options));
  for (const reason of reasons) console.log(reason);
  if (drain.logDir !== undefined) console.log(`The logs of that run: ${drain.logDir}`);
  return exitCode;
}

function summary({ requests, failed, uploads, cut, corrupt }: RunReport): string {
  return `${failed} of ${requests} requests failed, ${cut} of ${uploads} uploads cut, ${corrupt} corrupt.`;
}

endWith(main());
