/** One process full of members, forked by crew.ts. Invariant: it does one order after another, and ends with its parent. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { messageOf } from '../../core/errors';
import { startGateway, startPod, type Member } from './members';

export interface Order {
  readonly id: number;
  readonly redisUrl: string;
  /** The members there shall be, by number. */
  readonly gateways: readonly number[];
  readonly pods: readonly number[];
}

/** How the process stands, since the order before. */
export interface Report {
  readonly cpuMs: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** 99th percentile of how late its event loop was. */
  readonly lateMs: number;
}

export type Answer = { readonly id: number } & (
  { readonly report: Report } | { readonly error: string }
);

/** Members that start at the same time: more would only time each other out. */
const AT_ONCE = 50;

const gateways = new Map<number, Member>();
const pods = new Map<number, Member>();
const late = monitorEventLoopDelay({ resolution: 5 });
late.enable();
let cpu = process.cpuUsage();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function follow(
  members: Map<number, Member>,
  wanted: readonly number[],
  start: (n: number) => Promise<Member>,
): Promise<void> {
  for (const [n, member] of members) {
    if (wanted.includes(n)) continue;
    members.delete(n);
    await member.stop();
  }
  const missing = wanted.filter((n) => !members.has(n));
  for (let first = 0; first < missing.length; first += AT_ONCE) {
    const batch = missing.slice(first, first + AT_ONCE);
    await Promise.all(batch.map(async (n) => members.set(n, await start(n))));
  }
}

function report(): Report {
  const { user, system } = process.cpuUsage(cpu);
  const lateMs = late.percentile(99) / 1e6;
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  cpu = process.cpuUsage();
  late.reset();
  return {
    cpuMs: (user + system) / 1000,
    heapBytes: heapUsed + external,
    rssBytes: rss,
    lateMs,
  };
}

process.on('message', (order: Order) => {
  const { id, redisUrl } = order;
  const done = Promise.all([
    follow(pods, order.pods, (n) => startPod(n, redisUrl)),
    follow(gateways, order.gateways, (n) => startGateway(n, redisUrl)),
  ]);
  done.then(
    () => process.send?.({ id, report: report() }),
    (error: unknown) => process.send?.({ id, error: messageOf(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
