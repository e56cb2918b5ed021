/**
 * Owns the goals of bench:registry. Invariant: growth is judged by the cost of one member, a gateway or a target: what
 * grows no faster than gateways + targets costs each of them no more in a large pool than in a medium one.
 */
export interface Cell {
  readonly gateways: number;
  readonly targets: number;
}

export interface CellResult extends Cell {
  readonly drains: number;
  /** From a drain's statement to the last gateway's ack, as its sidecar sees it, ms. */
  readonly ackMs: { readonly p50: number; readonly p99: number };
  readonly drainMs: { readonly p50: number; readonly p99: number };
  /** While nothing changes. */
  readonly rest: {
    readonly clientCommandsPerMember: number;
    readonly allCommandsPerMember: number;
    /** Of one core. */
    readonly redisCpuShare: number;
    readonly redisCpuUsPerMember: number;
  };
  /** Beyond what it costs at rest meanwhile; with the drained pod's successor announced. */
  readonly drain: { readonly clientCommands: number; readonly redisCpuMs: number };
  readonly redisMemoryBytes: number;
  readonly agentHeapBytes: number;
  /** The bench's own processes: share of one core each, while drains run. */
  readonly workerCpuShare: readonly number[];
}

const MOST_ACK_MS = 100;
const MOST_COMMANDS = 1.2;
const MOST_GROWTH = 1.5;

export const LARGEST: Cell = { gateways: 200, targets: 1000 };
export const MEDIUM: Cell = { gateways: 50, targets: 100 };

/** Growth figures: each a cost that is divided by gateways + targets. */
const COSTS: readonly (readonly [name: string, cost: (cell: CellResult) => number])[] = [
  ['commands at rest', (cell) => cell.rest.clientCommandsPerMember],
  ['Redis CPU at rest', (cell) => cell.rest.redisCpuUsPerMember],
  ['commands of a drain', (cell) => cell.drain.clientCommands / membersOf(cell)],
  ['Redis CPU of a drain', (cell) => cell.drain.redisCpuMs / membersOf(cell)],
];

export const membersOf = ({ gateways, targets }: Cell): number => gateways + targets;

/** Why the goals are missed; empty when all are met. */
export function problemsOf(cells: readonly CellResult[]): string[] {
  const find = (wanted: Cell): CellResult | undefined =>
    cells.find((cell) => cell.gateways === wanted.gateways && cell.targets === wanted.targets);
  const [largest, medium] = [find(LARGEST), find(MEDIUM)];
  if (!largest || !medium) return ['the largest and the medium cell must both be measured'];
  const busy = cells.filter((cell) => cell.rest.clientCommandsPerMember > MOST_COMMANDS);
  return [
    ...(largest.ackMs.p99 <= MOST_ACK_MS
      ? []
      : [`ack p99 is ${largest.ackMs.p99} ms at ${nameOf(LARGEST)}, above ${MOST_ACK_MS}`]),
    ...busy.map(
      (cell) =>
        `${cell.rest.clientCommandsPerMember} commands/s and member at rest at ${nameOf(cell)}, above ${MOST_COMMANDS}`,
    ),
    ...COSTS.flatMap(([name, cost]) => {
      const growth = cost(largest) / cost(medium);
      return growth <= MOST_GROWTH
        ? []
        : [
            `${name}: ${growth.toFixed(2)} times as much for each member at ${nameOf(LARGEST)} as at ${nameOf(MEDIUM)}, above ${MOST_GROWTH}`,
          ];
    }),
  ];
}

export const nameOf = ({ gateways, targets }: Cell): string => `${gateways} × ${targets}`;
