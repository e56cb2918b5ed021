/** The soak: `npm run soak -- --help`. Owns the process: arguments, course, report, exit code. */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { checkPrograms } from '../preflight';
import { endWith } from '../end-with';
import { gatewayVersion } from '../gateway/version';
import { parseOptions } from './options';
import { faults } from './report';
import { soak } from './run';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), () => randomInt(1, 1_000_000));
  checkPrograms(process.env, true);
  console.log(
    `Gateway: ${await gatewayVersion()}. Seed: ${options.seed} (--seed ${options.seed} repeats it).`,
  );
  const startedMs = Date.now();
  const { report, logDir } = await soak(options, (text) => {
    console.log(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${text}`);
  });
  console.log(JSON.stringify(report, null, 2));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report)}\n`);
  for (const fault of faults(report)) console.log(fault);
  if (logDir !== undefined) console.log(`The logs: ${logDir}`);
  return faults(report).length === 0 ? 0 : 1;
}

endWith(main());
