import type { V1LeaseSpec } from '@kubernetes/client-node';
import { systemClock, type Clock } from '../../core/clock';
import { waitFor } from '../../harness/wait';
import { Elector } from '../../injector/controller/elector';
import { leaseMove } from '../../injector/controller/leadership';
import { startApiServer, type TestApiServer } from './api-server';
import { HandClock } from './hand-clock';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kong-drain/leases/controller';
const LEASE_MS = 2000;

test.each<[string, V1LeaseSpec | undefined, number, string]>([
  ['there is none', undefined, 0, 'create'],
  ['it is ours', { holderIdentity: 'me', leaseDurationSeconds: 10 }, 99_000, 'renew'],
  ['it was given up', { holderIdentity: '', leaseDurationSeconds: 10 }, 0, 'take'],
  ['another holds it', { holderIdentity: 'b', leaseDurationSeconds: 10 }, 10_000, 'wait'],
  ['another let it end', { holderIdentity: 'b', leaseDurationSeconds: 10 }, 10_001, 'take'],
])('%s: %s', (_name, spec, nowMs, move) => {
  const lease = spec && { spec };
  expect(leaseMove({ lease, sinceMs: 0 }, 'me', nowMs)).toBe(move);
});

describe('two replicas', () => {
  let api: TestApiServer;
  const leading = new Set<string>();
  const told: string[] = [];
  const electors: Elector[] = [];

  beforeEach(async () => {
    api = await startApiServer();
  });
  afterEach(async () => {
    api.hanging = false;
    // First, so that no leader waits for a successor.
    await api.close();
    for (const elector of electors.splice(0)) await elector.stop();
    leading.clear();
    told.length = 0;
  });

  function candidate(me: string, clock: Clock = systemClock, durationMs = LEASE_MS): Elector {
    const elector = new Elector(
      { namespace: 'kong-drain', lease: 'controller', me, durationMs, retryMs: 100 },
      {
        leases: api.kube.coordination,
        clock,
        onLeading: (leads) => {
          told.push(`${me} ${leads ? 'leads' : 'lets go'}`);
          if (leads) leading.add(me);
          else leading.delete(me);
        },
        onError: () => undefined,
      },
    );
    electors.push(elector);
    elector.start();
    return elector;
  }
  const holder = () => (api.get(LEASE)?.spec as V1LeaseSpec | undefined)?.holderIdentity;

  test('one leads; when it stops, it goes on until the other follows, which need not wait for the lease to end', async () => {
    const both = { a: candidate('a', systemClock, 60_000), b: candidate('b', systemClock, 60_000) };
    await waitFor('a leader', async () => leading.size === 1);
    const [first, other] = leading.has('a') ? (['a', 'b'] as const) : (['b', 'a'] as const);
    expect(holder()).toBe(first);
    await both[first].stop();
    expect(told).toEqual([`${first} leads`, `${other} leads`, `${first} lets go`]);
  });

  test('one that stops alone gives the lease up at once, and lets go soon', async () => {
    const only = candidate('a');
    await waitFor('a leader', async () => leading.has('a'));
    const stopped = only.stop();
    await waitFor('the lease to be free', async () => holder() === '');
    expect(leading).toEqual(new Set(['a']));
    await stopped;
    expect(leading.size).toBe(0);
  });

  test('a leader that cannot renew lets go, and leads again later', async () => {
    candidate('a');
    await waitFor('a leader', async () => leading.has('a'));
    api.broken = true;
    await waitFor('it lets go', async () => leading.size === 0);
    api.broken = false;
    await waitFor('it leads again', async () => leading.has('a'));
  });

  test('a leader whose renewal is never answered has let go before its lease ends', async () => {
    const clock = new HandClock();
    candidate('a', clock);
    await waitFor('a leader', async () => leading.has('a'));
    api.hanging = true;
    clock.turnTo(LEASE_MS - 1);
    expect(leading.size).toBe(0);
  });
});
