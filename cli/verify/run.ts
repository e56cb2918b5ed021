/**
 * Owns a verification: load before, during and after the rollout, until it has settled, then the report.
 * Invariant: whatever happens after the load began, Ctrl-C too, there is a report of it.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DrainError, messageOf } from '../../core/errors';
import type { Load } from '../../load/load';
import { startSplitLoad } from '../../load/split-load';
import type { CliContext } from '../context';
import type { ExitCode } from '../exit-codes';
import { printed } from '../output/output';
import { painter } from '../output/paint';
import { poolsOf, withRegistry } from '../registry/connect';
import { version } from '../version';
import { page } from './html/page';
import { askOnce, loadOptionsOf } from './load-of';
import type { VerifyOptions } from './options';
import { openProgress, type Progress } from './output/progress';
import { summary } from './output/summary';
import { factsOf, type Facts, type RanCommand } from './report/report';
import { judge, type Verdict } from './report/verdict';
import { startCommand, type CommandEnd, type RunningCommand } from './rollout/command';
import { nothingWatched, watchPools, type ServiceWatch } from './rollout/open-watch';
import { isSettled, waitCommandOf } from './rollout/settled';

const EVERY_MS = 100;
/** How long it must be quiet after a rollout: a pod lives on for 30 s by default, where nobody tells that it drains. */
const QUIET_MS = { watched: 10_000, blind: 35_000 };

/** Throws `SERVICE_UNREACHABLE`, `REGISTRY_UNREACHABLE`, `NO_POOLS`, `CANNOT_WRITE`. */
export async function runVerify(options: VerifyOptions, context: CliContext): Promise<ExitCode> {
  await askOnce(options);
  const facts = options.withRegistry
    ? await withRegistry(options, context, async (registry) =>
        verify(watchPools(registry, await poolsOf(registry, options)), options, context),
      )
    : await verify(nothingWatched, options, context);
  const verdict = judge(facts, options);
  report(facts, verdict, options, context);
  return verdict.exitCode;
}

async function verify(
  watch: ServiceWatch,
  options: VerifyOptions,
  context: CliContext,
): Promise<Facts> {
  const progress = openProgress(context);
  try {
    return await new Verification(options, context, watch, progress).run();
  } finally {
    progress.end();
    await watch.close();
  }
}

class Verification {
  #command: RunningCommand | undefined;
  #commandEnd: CommandEnd | undefined;
  #wait: RunningCommand | undefined;
  #waitEnd: CommandEnd | undefined;
  #settledAtMs: number | undefined;
  #failedMs: number | undefined;

  constructor(
    readonly options: VerifyOptions,
    readonly context: CliContext,
    readonly watch: ServiceWatch,
    readonly progress: Progress,
  ) {}

  async run(): Promise<Facts> {
    const { signal } = this.context;
    const load = await startSplitLoad(loadOptionsOf(this.options));
    load.on('failure', () => (this.#failedMs = Date.now()));
    const giveUp = () => {
      this.#command?.interrupt();
      this.#wait?.interrupt();
      load.abandon();
    };
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    try {
      await this.#phases(load);
      const endedAtMs = Date.now();
      this.progress.show('the last requests end', 1, load.snapshot());
      const result = await load.stop();
      await this.watch.close();
      return factsOf({
        ...{ result, endedAtMs, version, sight: this.watch.sight() },
        interrupted: signal.aborted,
        settledAtMs: this.#settledAtMs,
        command: ran(this.#command, this.#commandEnd),
        waitCommand: ran(this.#wait, this.#waitEnd),
        load: {
          ...{ urls: this.options.url, getPath: this.options.getPath },
          ...{ getRate: this.options.getRate, uploadPath: this.options.uploadPath },
          ...{ uploads: this.options.uploads, uploadMb: this.options.uploadMb },
        },
      });
    } finally {
      signal.removeEventListener('abort', giveUp);
      giveUp();
    }
  }

  async #phases(load: Load): Promise<void> {
    const { command, before, duration = Infinity } = this.options;
    if (command.length === 0) {
      await this.#lasting('load', duration, load);
      return;
    }
    await this.#lasting('before', before, load);
    if (this.context.signal.aborted) return;
    this.#command = startCommand(command, (line) => this.progress.line(line));
    void this.#command.ended.then((end) => this.#commandEnded(end));
    await this.#untilSettled(load);
  }

  #commandEnded(end: CommandEnd): void {
    this.#commandEnd = end;
    const { settledWhen, command } = this.options;
    const words =
      settledWhen === undefined
        ? waitCommandOf(command)
        : settledWhen === ''
          ? undefined
          : ['sh', '-c', settledWhen];
    if (end.problem !== undefined || words === undefined || this.context.signal.aborted) return;
    this.#wait = startCommand(words, (line) => this.progress.line(line));
    void this.#wait.ended.then((waitEnd) => (this.#waitEnd = waitEnd));
  }

  async #untilSettled(load: Load): Promise<void> {
    const { settleTimeout, after } = this.options;
    const quietMs = after ?? (this.watch.watched ? QUIET_MS.watched : QUIET_MS.blind);
    let deadlineMs = Infinity;
    for (;;) {
      await this.#tick();
      const nowMs = Date.now();
      const end = this.#commandEnd;
      if (end && deadlineMs === Infinity) deadlineMs = end.atMs + settleTimeout;
      const settled = isSettled(
        {
          nowMs,
          commandEndedMs: end?.atMs,
          waitEndedMs: this.#wait ? this.#waitEnd?.atMs : 'none',
          draining: this.watch.draining(),
          changedMs: this.watch.sight().changedMs,
          failedMs: this.#failedMs,
        },
        quietMs,
      );
      // A command that failed rolls nothing; the load goes on for as long, for what it may have done half-way.
      if (settled) this.#settledAtMs = nowMs - quietMs;
      if (settled || this.context.signal.aborted || nowMs > deadlineMs) return;
      const quiet = end ? (nowMs - Math.max(end.atMs, this.#failedMs ?? 0)) / quietMs : 0;
      this.progress.show(end ? 'settling' : 'the command runs', quiet, load.snapshot());
    }
  }

  async #lasting(phase: string, forMs: number, load: Load): Promise<void> {
    const startedMs = performance.now();
    while (!this.context.signal.aborted) {
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs >= forMs) return;
      this.progress.show(phase, elapsedMs / forMs, load.snapshot());
      await this.#tick(Math.min(EVERY_MS, forMs - elapsedMs));
    }
  }

  async #tick(ms = EVERY_MS): Promise<void> {
    await delay(ms, undefined, { signal: this.context.signal }).catch(() => undefined);
  }
}

function ran(
  command: RunningCommand | undefined,
  end: CommandEnd | undefined,
): RanCommand | undefined {
  return command && { words: command.words, startedMs: command.startedMs, end };
}

function report(
  facts: Facts,
  verdict: Verdict,
  { output, json, html }: VerifyOptions,
  context: CliContext,
): void {
  const value = { ...facts, verdict };
  const text = () => summary(facts, verdict, painter(context), context.columns);
  context.out(printed(output, value, text));
  if (output !== 'table') context.err(text());
  if (json !== undefined) write(json, `${JSON.stringify(value, null, 2)}\n`, context);
  if (html !== undefined) write(html, page(facts, verdict), context);
}

function write(file: string, text: string, { cwd }: CliContext): void {
  try {
    writeFileSync(path.resolve(cwd, file), text);
  } catch (error) {
    throw new DrainError('CANNOT_WRITE', `${file} cannot be written: ${messageOf(error)}`);
  }
}
