/** Quiet: how long a connection that nobody accounts for is waited for. */
import fc from 'fast-check';
import { originOf, owes, quietInMs, type Connection } from '../../core/quiet';
import type { GatewayRecord } from '../../core/records';

const times = { idleMs: 1000, owingMs: 15_000 };

function connection(over: Partial<Connection> = {}): Connection {
  return {
    ...{ peer: '10.2.0.1', peerPort: 1, state: 'ESTAB', sentAgoMs: 0, receivedAgoMs: 0 },
    ...{ sendQueue: 0, receiveQueue: 0, ...over },
  };
}

function gateway(address: string, unassigned = 0): GatewayRecord {
  return {
    ...{ id: address, name: address, incarnation: 'i', addresses: [address], epoch: 1 },
    ...{ holding: {}, unassigned, leaseMs: 3000, leaseUntilMs: 0 },
  };
}

test.each<[what: string, over: Partial<Connection>, owing: boolean, waitMs: number]>([
  ['answered just now', { sentAgoMs: 0, receivedAgoMs: 10 }, false, 1000],
  ['answered half a second ago', { sentAgoMs: 500, receivedAgoMs: 510 }, false, 500],
  ['idle for its quiet time', { sentAgoMs: 1000, receivedAgoMs: 1000 }, false, 0],
  ['idle for an hour', { sentAgoMs: 3_600_000, receivedAgoMs: 3_600_000 }, false, 0],
  ['a request came in', { sentAgoMs: 9000, receivedAgoMs: 2000 }, true, 13_000],
  ['a request came in, long ago', { sentAgoMs: 99_000, receivedAgoMs: 15_000 }, true, 0],
  ['an answer on its way', { sentAgoMs: 400, receivedAgoMs: 900, sendQueue: 5 }, true, 14_600],
  ['a body not read yet', { sentAgoMs: 400, receivedAgoMs: 400, receiveQueue: 5 }, true, 14_600],
])('%s', (_, over, owing, waitMs) => {
  expect(owes(connection(over))).toBe(owing);
  expect(quietInMs(connection(over), times)).toBe(waitMs);
});

const ago = fc.integer({ min: 0, max: 60_000 });
const connections = fc
  .record({
    ...{ sentAgoMs: ago, receivedAgoMs: ago },
    ...{ sendQueue: fc.nat(3), receiveQueue: fc.nat(3) },
  })
  .map(connection);

test('one that owes an answer is never waited for less than an idle one', () => {
  fc.assert(
    fc.property(connections, (drawn) => {
      const idle = { ...drawn, sentAgoMs: Math.min(drawn.sentAgoMs, drawn.receivedAgoMs) };
      const asIdle = quietInMs({ ...idle, sendQueue: 0, receiveQueue: 0 }, times);
      expect(quietInMs(drawn, times)).toBeGreaterThanOrEqual(asIdle);
    }),
  );
});

test('nothing is waited for longer than its quiet time, and what stays as quiet is over then', () => {
  fc.assert(
    fc.property(connections, (drawn) => {
      const waitMs = quietInMs(drawn, times);
      expect(waitMs).toBeLessThanOrEqual(owes(drawn) ? times.owingMs : times.idleMs);
      const { sentAgoMs, receivedAgoMs } = drawn;
      const later = {
        ...drawn,
        ...{ sentAgoMs: sentAgoMs + waitMs, receivedAgoMs: receivedAgoMs + waitMs },
      };
      expect(quietInMs(later, times)).toBe(0);
    }),
  );
});

test.each([
  ['127.0.0.1', 'local'],
  ['10.2.0.1', 'live'],
  ['10.2.0.2', 'stranger'],
  ['10.2.0.3', 'lost'],
  ['10.2.0.4', 'stranger'],
])('%s is %s', (peer, origin) => {
  const live = [gateway('10.2.0.1'), gateway('10.2.0.2', 1)];
  const origins = originOf(live, [gateway('10.2.0.3')], new Set(['127.0.0.1']));
  expect(origins(peer)).toBe(origin);
});

test('an address that a live and a lost gateway share is accounted for by the live one', () => {
  const origins = originOf([gateway('10.2.0.1')], [gateway('10.2.0.1')], new Set());
  expect(origins('10.2.0.1')).toBe('live');
});
