/**
 * Owns the measuring of one cell: a fleet that is there, at rest and while pods drain one after another.
 * Invariant: the pod that drains has this process to itself, as in its own container; the others live in the workers.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DrainError } from '../core/errors';
import { quantile } from '../harness/demo/quantile';
import type { DrainSummary } from '../sidecar/timeline';
import type { Crew } from './members/crew';
import { startPod } from './members/members';
import { loadBetween, type RedisLoad, type RedisReading } from './redis-meter';
import { membersOf, type Cell, type CellResult } from './scale';

export interface Ground {
  readonly crew: Crew;
  readonly redisUrl: string;
  readonly read: () => Promise<RedisReading>;
  readonly restMs: number;
  readonly drains: number;
}

/** The draining pod's number; the workers have those from 1. */
const DRAINED = 0;
const PAUSE_MS = 80;

/** Measures a fleet of that size, the drained pod being one of its targets. `heapOfNone`: the workers' without gateways. */
export async function measure(cell: Cell, ground: Ground, heapOfNone: number): Promise<CellResult> {
  const { crew, read, restMs } = ground;
  const pod = await startPod(DRAINED, ground.redisUrl);
  await delay(1000);
  const heap = (await crew.reports()).reduce((sum, { heapBytes }) => sum + heapBytes, 0);
  const atRest = await read();
  await delay(restMs);
  const rested = await read();
  const rest = loadBetween(atRest, rested);
  await pod.stop();

  await crew.reports();
  const before = await read();
  const summaries = await drains(cell, ground);
  const after = await read();
  const reports = await crew.reports();
  const spent = loadBetween(before, after);

  const members = membersOf(cell);
  const acks = summaries.map(({ ackMs }) => ackMs ?? NaN);
  const totals = summaries.map(({ totalMs }) => totalMs);
  const beyondRest = (figure: (load: RedisLoad) => number): number =>
    (figure(spent) - (figure(rest) / rest.seconds) * spent.seconds) / summaries.length;
  return {
    ...cell,
    drains: summaries.length,
    ackMs: quantiles(acks),
    drainMs: quantiles(totals),
    rest: {
      clientCommandsPerMember: rounded(rest.clientCommands / rest.seconds / members),
      allCommandsPerMember: rounded(rest.allCommands / rest.seconds / members),
      redisCpuShare: rounded(rest.cpuMs / 1000 / rest.seconds),
      redisCpuUsPerMember: rounded((rest.cpuMs * 1000) / rest.seconds / members),
    },
    drain: {
      clientCommands: rounded(beyondRest(({ clientCommands }) => clientCommands)),
      redisCpuMs: rounded(beyondRest(({ cpuMs }) => cpuMs)),
    },
    redisMemoryBytes: rested.memoryBytes,
    agentHeapBytes: Math.round((heap - heapOfNone) / cell.gateways),
    workerCpuShare: reports.map(({ cpuMs }) => rounded(cpuMs / 1000 / spent.seconds)),
  };
}

/** Drains one pod after another, each on the address of the one before. */
async function drains({ gateways }: Cell, ground: Ground): Promise<DrainSummary[]> {
  const summaries: DrainSummary[] = [];
  while (summaries.length < ground.drains) {
    const pod = await startPod(DRAINED, ground.redisUrl, false);
    await delay(PAUSE_MS * (0.5 + Math.random()));
    const summary = await pod.sidecar.drain('hook');
    await pod.stop();
    const acked = summary.gateways.filter(({ ackMs }) => ackMs !== null).length;
    if (summary.outcome !== 'released' || summary.blind || acked !== gateways) {
      throw new DrainError(
        'BENCH_DISTURBED',
        `a drain was ${summary.outcome} with ${acked} of ${gateways} acks`,
      );
    }
    summaries.push(summary);
  }
  return summaries;
}

function quantiles(values: readonly number[]): { p50: number; p99: number } {
  return {
    p50: rounded(quantile(values, 0.5) ?? NaN),
    p99: rounded(quantile(values, 0.99) ?? NaN),
  };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
