/**
 * bench:registry: how the registry carries many gateways and targets. Owns the process: options, cells, table, JSON,
 * exit code. Redis is real, agents and sidecars are the product's own; only Kong is not there (instant-kong.ts).
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import Table from 'cli-table3';
import { Redis } from 'ioredis';
import { systemClock } from '../core/clock';
import { killAll } from '../harness/process-groups';
import { startRedis } from '../harness/redis';
import { createRunDir, removeRunDir } from '../harness/run-dir';
import { measure } from './measure';
import { Crew } from './members/crew';
import { LEASE_MS } from './members/members';
import { endWith } from '../harness/end-with';
import { machine, whole } from './process';
import { readInfo } from './redis-meter';
import { LARGEST, MEDIUM, nameOf, problemsOf, type Cell, type CellResult } from './scale';

interface Options {
  readonly quick: boolean;
  readonly drains: number;
  readonly rest: number;
  readonly processes: number;
  readonly json?: string;
}

const ALL: readonly Cell[] = [10, 100, 1000].flatMap((targets) =>
  [1, 10, 50, 200].map((gateways) => ({ gateways, targets })),
);
const QUICK: readonly Cell[] = [{ gateways: 1, targets: 10 }, MEDIUM, LARGEST];

function parseOptions(argv: readonly string[]): Options {
  return new Command('bench:registry')
    .description(
      'The registry at 1 to 200 gateways and 10 to 1,000 targets. Exit 1 when a goal is missed (bench/scale.ts).',
    )
    .option('--quick', 'the smallest, the medium and the largest cell only', false)
    .option('--drains <n>', 'drains in each cell', whole, 100)
    .option('--rest <seconds>', 'time in which nothing changes, s', whole, 3)
    .option('--processes <n>', 'worker processes that gateways and pods share', whole, 2)
    .option('--json <file>', 'write the figures there')
    .parse(argv)
    .opts<Options>();
}

async function main(options: Options): Promise<number> {
  const before = machine();
  const dir = createRunDir('registry');
  const redis = await startRedis({ dir });
  const meter = new Redis(redis.url);
  const version = /redis_version:(\S+)/.exec(await meter.info('server'))?.[1] ?? '';
  const crew = new Crew(redis.url, options.processes);
  const ground = {
    crew,
    redisUrl: redis.url,
    read: async () =>
      readInfo(await meter.info('commandstats', 'cpu', 'memory'), systemClock.nowMs()),
    restMs: options.rest * 1000,
    drains: options.drains,
  };
  console.log(
    `Redis ${version}, ${options.processes} worker processes. ` +
      `Load average before: ${before.loadAverage} on ${before.cores} cores.`,
  );
  const cells = await measureAll(options.quick ? QUICK : ALL, ground).finally(() => crew.stop());
  meter.disconnect();

  console.log(tableOf(cells));
  const problems = problemsOf(cells);
  for (const problem of problems) console.log(problem);
  if (options.json !== undefined) {
    const report = { redis: version, machine: before, options, cells, problems };
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  await killAll();
  removeRunDir(dir);
  return problems.length === 0 ? 0 : 1;
}

/** Pods stay from cell to cell; gateways are started into the pods, and all leave before the next number of pods. */
async function measureAll(
  cells: readonly Cell[],
  ground: Parameters<typeof measure>[1],
): Promise<CellResult[]> {
  const results: CellResult[] = [];
  for (const targets of new Set(cells.map((cell) => cell.targets))) {
    const pods = numbers(targets - 1);
    await ground.crew.set([], pods);
    await delay(LEASE_MS + 500); // until the gateways of before count no more
    const heapOfNone = (await ground.crew.reports()).reduce(
      (sum, { heapBytes }) => sum + heapBytes,
      0,
    );
    for (const cell of cells.filter((each) => each.targets === targets)) {
      await ground.crew.set(numbers(cell.gateways), pods);
      const result = await measure(cell, ground, heapOfNone);
      results.push(result);
      console.log(
        `${nameOf(cell)}: ack p99 ${result.ackMs.p99.toFixed(1)} ms, ` +
          `${result.rest.clientCommandsPerMember.toFixed(2)} commands/s and member at rest`,
      );
    }
  }
  return results;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

function tableOf(cells: readonly CellResult[]): string {
  const table = new Table({
    head: [
      'gateways × targets',
      'ack p50 ms',
      'p99',
      'drain p99 ms',
      'at rest: commands/s·member',
      'with scripts’ own',
      'Redis CPU',
      'a drain: commands',
      'Redis CPU ms',
      'Redis MB',
      'agent heap KB',
      'workers CPU',
    ],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...Array<'right'>(11).fill('right')],
    wordWrap: true,
    colWidths: [11, 8, 8, 8, 12, 10, 8, 10, 8, 8, 8, 12],
  });
  for (const cell of cells) {
    table.push([
      nameOf(cell),
      cell.ackMs.p50.toFixed(1),
      cell.ackMs.p99.toFixed(1),
      cell.drainMs.p99.toFixed(1),
      cell.rest.clientCommandsPerMember.toFixed(2),
      cell.rest.allCommandsPerMember.toFixed(1),
      `${(cell.rest.redisCpuShare * 100).toFixed(1)} %`,
      cell.drain.clientCommands.toFixed(0),
      cell.drain.redisCpuMs.toFixed(1),
      (cell.redisMemoryBytes / 1e6).toFixed(1),
      (cell.agentHeapBytes / 1e3).toFixed(0),
      cell.workerCpuShare.map((share) => `${(share * 100).toFixed(0)} %`).join(' '),
    ]);
  }
  return table.toString();
}

endWith(main(parseOptions(process.argv)));
