/**
 * bench:verify: how late the verifier's own load generator is. Owns the process: service, verifier, figures, exit code.
 * Invariant: the figures are those of the binary as users start it, against the example runtime as a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import type { Facts } from '../cli/verify/report/report';
import { DrainError } from '../core/errors';
import { freePort } from '../harness/free-port';
import { httpGet } from '../harness/http-get';
import { startProcess } from '../harness/process';
import { compiledEntry } from '../harness/repository';
import { waitFor } from '../harness/wait';
import { endWith } from '../harness/end-with';
import { machine, whole } from './process';

const MOST_LATE_P99_MS = 5;

interface Options {
  readonly getRate: number;
  readonly uploads: number;
  readonly uploadMb: number;
  readonly uploadRate: string;
  readonly seconds: number;
  readonly json?: string;
}

function parseOptions(argv: readonly string[]): Options {
  return new Command('bench:verify')
    .description(
      `The verifier's scheduling error under its own load. Exit 1 from ${MOST_LATE_P99_MS} ms at p99 on.`,
    )
    .option('--get-rate <n>', 'GETs per second', whole, 1000)
    .option('--uploads <n>', 'uploads at once', whole, 8)
    .option('--upload-mb <n>', 'size of an upload, in 10^6 bytes', whole, 50)
    .option('--upload-rate <n>', 'bytes per second of each upload; 0: as fast as it goes', '0')
    .option('--seconds <n>', 'time of the run, s', whole, 20)
    .option('--json <file>', 'write the figures there')
    .parse(argv)
    .opts<Options>();
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv);
  const dir = mkdtempSync(path.join(tmpdir(), 'bench-verify-'));
  const address = `127.0.0.1:${await freePort('127.0.0.1')}`;
  const runtime = startProcess({
    name: 'runtime',
    command: process.execPath,
    args: [compiledEntry('example/rt/main.ts')],
    env: { RT_LISTEN: address, RT_DATA_DIR: dir },
    logFile: path.join(dir, 'runtime.log'),
  });
  try {
    await waitFor('the runtime', async () => {
      return (await httpGet(`http://${address}/health`, { timeoutMs: 500 })).status === 200;
    });
    const before = machine();
    const report = await verify(`http://${address}`, options, path.join(dir, 'report.json'));
    const figures = figuresOf(report, options);
    console.log(`${before.cores} cores (${before.cpu}), load average ${before.loadAverage} before`);
    console.table(figures);
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify({ ...before, ...figures }, null, 2)}\n`);
    }
    const good = report.schedulingErrorMs.p99 < MOST_LATE_P99_MS && report.skipped === 0;
    console.log(good ? 'in time' : `late: p99 must be below ${MOST_LATE_P99_MS} ms, none skipped`);
    return good ? 0 : 1;
  } finally {
    await runtime.stop({ signal: 'SIGKILL' });
    rmSync(dir, { recursive: true, force: true });
  }
}

async function verify(url: string, options: Options, json: string): Promise<Facts> {
  const { getRate, uploads, uploadMb, uploadRate, seconds } = options;
  const load = ['--get-rate', getRate, '--uploads', uploads, '--upload-mb', uploadMb].map(String);
  const child = spawn(
    process.execPath,
    [compiledEntry('cli/main.ts'), 'verify', '--url', url, ...load].concat([
      ...['--upload-rate', uploadRate, '--get-path', '/health'],
      ...['--duration', `${seconds}s`, '--json', json],
    ]),
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new DrainError('VERIFY_FAILED', `verify ended with ${String(code)}`);
  return JSON.parse(readFileSync(json, 'utf8')) as Facts;
}

function figuresOf(report: Facts, { uploadMb }: Options) {
  const { gets, uploads, endedMs, schedulingErrorMs: late, latencyMs, skipped } = report;
  return {
    getsPerSecond: Math.round((gets * 1000) / endedMs),
    uploadedMbPerSecond: Math.round((uploads * uploadMb * 1000) / endedMs),
    ...{ lateP50Ms: late.p50, lateP99Ms: late.p99, lateMaxMs: late.max, skipped },
    latencyP99Ms: latencyMs.p99,
  };
}

endWith(main());
