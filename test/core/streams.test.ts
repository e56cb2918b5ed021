/** Patience with what streams: a gateway stops holding only where all that it has in flight has streamed long enough. */
import fc from 'fast-check';
import { barrier } from '../../core/barrier';
import type { GatewayRecord } from '../../core/records';
import { joined, type Patience, type TargetStreams } from '../../core/streams';

const TARGET = '10.0.0.1:8080';
const NOW_MS = 1_000_000;
const LONG_MS = 30_000;
const DRAINING_SINCE_MS = NOW_MS - 2 * LONG_MS;

/** Reported a second ago. */
function gateway(inFlight: number, streams?: TargetStreams, id = 'gw-1'): GatewayRecord {
  return {
    ...{ id, name: id, incarnation: 'i', addresses: [], epoch: 100, unassigned: 0 },
    holding: inFlight === 0 ? {} : { [TARGET]: inFlight },
    ...(streams ? { streams: { [TARGET]: streams } } : {}),
    ...{ leaseMs: 3000, leaseUntilMs: NOW_MS + 2000 },
  };
}

const sockets = (requests: number, youngestAgoMs: number): TargetStreams => ({
  ...{ requests, youngestAgoMs },
  groups: [{ kind: 'websocket', path: '/ws', clients: requests, oldestAgoMs: youngestAgoMs + 500 }],
});

function standing(gateways: readonly GatewayRecord[], patience?: Partial<Patience>) {
  const whole = { longMs: LONG_MS, drainingSinceMs: DRAINING_SINCE_MS, ...patience };
  return barrier(
    { target: TARGET, epoch: 100, ...(patience ? { patience: whole } : {}) },
    { nowMs: NOW_MS, wholeSinceMs: 0, leaseMs: 3000, gateways },
  );
}

test.each<[string, GatewayRecord, Partial<Patience> | undefined, boolean]>([
  ['all stream, for long', gateway(2, sockets(2, LONG_MS)), {}, true],
  ['the same where there is no limit', gateway(2, sockets(2, LONG_MS)), undefined, false],
  ['all stream, since the report for long', gateway(2, sockets(2, LONG_MS - 1000)), {}, true],
  ['the youngest not long yet', gateway(2, sockets(2, LONG_MS - 1001)), {}, false],
  ['an upload beside them', gateway(3, sockets(2, LONG_MS)), {}, false],
  ['nothing said of streams', gateway(2), {}, false],
  [
    'a drain that has just begun',
    gateway(2, sockets(2, 9 * LONG_MS)),
    { drainingSinceMs: NOW_MS - LONG_MS + 1 },
    false,
  ],
  ['no time at all', gateway(2, sockets(2, 0)), { longMs: 0, drainingSinceMs: NOW_MS }, true],
])('%s', (_, one, patience, clear) => {
  const { holds, streams, ...rest } = standing([one], patience);
  expect(rest.clear).toBe(clear);
  expect(holds.length === 0).toBe(clear);
  expect(streams).toHaveLength(one.streams ? 1 : 0);
});

test('who holds says how many of its requests stream, and what streams is told by gateway', () => {
  const { holds, streams } = standing(
    [gateway(3, sockets(2, 10)), gateway(1, undefined, 'gw-2')],
    {},
  );
  expect(holds).toEqual([
    { gateway: 'gw-1', why: 'in-flight', inFlight: 3, streams: 2 },
    { gateway: 'gw-2', why: 'in-flight', inFlight: 1 },
  ]);
  expect(streams).toEqual([
    { gateway: 'gw-1', kind: 'websocket', path: '/ws', clients: 2, ageMs: 1510 },
  ]);
});

test('Safe: clear, then whatever a live gateway has in flight streams, and as long as it must', () => {
  const drawn = fc.record({
    inFlight: fc.integer({ min: 0, max: 3 }),
    streaming: fc.integer({ min: 0, max: 3 }),
    youngestAgoMs: fc.integer({ min: LONG_MS - 1003, max: LONG_MS - 997 }),
  });
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 4 }), (all) => {
      const gateways = all.map(({ inFlight, streaming, youngestAgoMs }, i) => {
        const requests = Math.min(inFlight, streaming);
        const streams = requests > 0 ? sockets(requests, youngestAgoMs) : undefined;
        return gateway(inFlight, streams, `gw-${i}`);
      });
      const free = all.every(
        ({ inFlight, streaming, youngestAgoMs }) =>
          inFlight === 0 || (streaming >= inFlight && youngestAgoMs + 1000 >= LONG_MS),
      );
      expect(standing(gateways, {}).clear).toBe(free);
    }),
  );
});

test('connections of one kind and path are told together, those with the most clients first', () => {
  const sse = { kind: 'sse', path: '/events', clients: 1, ageMs: 5 } as const;
  const socket = { kind: 'websocket', path: '/ws', clients: 2, ageMs: 9 } as const;
  expect(joined([sse, socket, { ...socket, clients: 3, ageMs: 7 }])).toEqual([
    { ...socket, clients: 5 },
    sse,
  ]);
});
