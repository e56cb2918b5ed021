/** What the simulation, or reading for it, has found in the agent and the sidecar: each bug in its smallest form. */
import type { Clock } from '../../core/clock';
import type { TargetRecord } from '../../core/records';
import { PoolAgent } from '../../plugin/server/pool-agent';
import type { Change, PoolRegistry, RenewReply, ViewReply } from '../../registry/registry';
import { Announcer } from '../../sidecar/announcer';
import { Sidecar } from '../../sidecar/sidecar';
import type { DrainSummary } from '../../sidecar/timeline';
import { SimConnection } from './network';
import { SimProcess } from './process';
import { SimRedis } from './redis';
import { World } from './world';

const TARGET = '10.1.0.1:8080';
const TIMES = { renewMs: 1000, leaseMs: 3000, pollMs: 25 };
const CALM = { lost: 0, doubled: 0, slow: 0, lateMs: 0 };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const settle = () => new Promise((resolve) => setImmediate(resolve));

class HandClock implements Clock {
  private ms = 1_000_000;
  private readonly timers = new Map<() => void, number>();
  nowMs = () => this.ms;
  after = (ms: number, callback: () => void) => {
    this.timers.set(callback, this.ms + ms);
    return () => this.timers.delete(callback);
  };

  async pass(ms: number): Promise<void> {
    this.ms += ms;
    for (const [callback, atMs] of this.timers) {
      if (atMs > this.ms) continue;
      this.timers.delete(callback);
      callback();
    }
    await settle();
  }
}

/** A promise that the test answers when it likes. */
class Answers<T> {
  private readonly open: ((value: T) => void)[] = [];
  asked = 0;

  ask = (): Promise<T> => {
    this.asked++;
    return new Promise((resolve) => this.open.push(resolve));
  };

  async give(value: T): Promise<void> {
    this.open.shift()?.(value);
    await settle();
  }
}

describe('a gateway', () => {
  const state = (epoch: number) => ({ run: 'A', epoch, bornMs: 0, nowMs: 0 });
  const serving = { incarnation: 'a', fence: 1, serial: 1, state: 'serving', epoch: 1, sinceMs: 0 };
  const viewOf = (epoch: number): ViewReply => ({
    ...state(epoch),
    targets: new Map([[TARGET, serving as TargetRecord]]),
  });

  function gateway() {
    const clock = new HandClock();
    const renewals = new Answers<RenewReply>();
    const views = new Answers<ViewReply>();
    let publish: (change: Change) => void = () => undefined;
    const registry: Partial<PoolRegistry> = {
      join: () => Promise.resolve(1),
      renew: renewals.ask,
      view: views.ask,
      onChange: (callback) => {
        publish = callback;
        return () => undefined;
      },
    };
    const options = { pool: 'rt', gateway: 'gw', addresses: [], ...TIMES };
    const agent = new PoolAgent(registry as PoolRegistry, clock, options, silent, () => undefined);
    return { clock, renewals, views, agent, publish: (change: Change) => publish(change) };
  }

  async function withView(epoch: number) {
    const parts = gateway();
    void parts.agent.renew();
    await settle();
    await parts.renewals.give({ status: 'ok', ...state(epoch) });
    await parts.views.give(viewOf(epoch));
    expect(parts.agent.handover()).toMatchObject({ epoch, serving: [TARGET] });
    return parts;
  }

  test('whose renewal was so long on its way that its lease ended does not hand the old view over again', async () => {
    const { clock, renewals, views, agent } = await withView(10);
    await clock.pass(2600);
    void agent.renew();
    await settle();
    await clock.pass(700);
    await renewals.give({ status: 'ok', ...state(20) });
    expect(agent.handover()).toBeUndefined();
    await clock.pass(100); // for the changes, which do not come
    await views.give(viewOf(20));
    expect(agent.handover()).toMatchObject({ epoch: 20 });
  });

  test('keeps its view when changes overtake a reading', async () => {
    const { renewals, views, agent, publish } = await withView(10);
    void agent.renew();
    await settle();
    await renewals.give({ status: 'ok', ...state(11) });
    publish({ run: 'A', prev: 10, epoch: 11, changes: [] });
    publish({ run: 'A', prev: 11, epoch: 12, changes: [] });
    await views.give(viewOf(11));
    expect(agent.handover()).toMatchObject({ epoch: 12 });
  });
});

test('a sidecar that makes two statements at once joins once: with two fences the lower could come last', async () => {
  const joins = new Answers<number>();
  const announced: number[] = [];
  const registry: Partial<PoolRegistry> = {
    join: joins.ask,
    announce: ({ fence }) => {
      announced.push(fence);
      return new Promise(() => undefined);
    },
  };
  const options = { target: TARGET, ...TIMES };
  const announcer = new Announcer(registry as PoolRegistry, new HandClock(), options, silent);
  announcer.healthy(true);
  void announcer.drain('hook', () => 0);
  await settle();
  expect(joins.asked).toBe(1);
  await joins.give(7);
  expect(announced).toEqual([7, 7]);
});

describe('a drain', () => {
  class Pod {
    readonly world = new World(1);
    readonly redis = new SimRedis(this.world, 1, true);
    readonly process = new SimProcess('pod', this.world, { rate: 1, offsetMs: 0 });
    private readonly connection = new SimConnection(this.process, this.redis, CALM);
    peers: () => Promise<string[]> = () => Promise.resolve([]);
    summary: DrainSummary | undefined;
    answeredMs = 0;
    private readonly sidecar = new Sidecar(
      {
        registry: this.connection,
        clock: this.process.clock,
        sockets: {
          peers: () => this.peers(),
          listeners: () => Promise.resolve([]),
          connections: () => this.busy(),
        },
        log: silent,
        onDrainEvent: () => undefined,
      },
      {
        ...{ pool: 'rt', target: TARGET, pod: 'rt-1', ...TIMES },
        ...{ deadlineMs: 10_000, settleMs: 5000, localAddresses: new Set<string>() },
        quiet: { idleMs: 1000, owingMs: 15_000 },
      },
    );

    async serve(): Promise<void> {
      this.process.deliver(() => this.sidecar.start());
      this.process.deliver(() => this.sidecar.healthy(true));
      await this.world.run(5000);
    }

    drain(): void {
      const startMs = this.world.nowMs;
      this.process.deliver(() => {
        void this.sidecar.drain('hook').then((summary) => {
          this.summary = summary;
          this.answeredMs = this.world.nowMs - startMs;
        });
      });
    }

    async pass(ms: number): Promise<void> {
      await this.world.run(this.world.nowMs + ms);
    }

    private async busy() {
      const state = { peerPort: 1, state: 'ESTAB', sentAgoMs: 9, receivedAgoMs: 0 };
      const queues = { sendQueue: 0, receiveQueue: 0 };
      return (await this.peers()).map((peer) => ({ peer, ...state, ...queues }));
    }
  }

  test('without anything to wait for is over in no time', async () => {
    const pod = new Pod();
    await pod.serve();
    pod.drain();
    await pod.pass(10_000);
    expect(pod.summary).toMatchObject({ outcome: 'released', blind: false });
    expect(pod.answeredMs).toBeLessThan(100);
  });

  test('answers by its deadline when Redis and the sockets hang', async () => {
    const pod = new Pod();
    await pod.serve();
    pod.redis.leave(60_000);
    pod.peers = () => new Promise(() => undefined);
    pod.drain();
    await pod.pass(12_000);
    expect(pod.summary).toBeDefined();
    expect(pod.answeredMs).toBeLessThanOrEqual(10_100);
  });

  test('that was clear before a flush, and waits for a stranger, is not clear after it', async () => {
    const pod = new Pod();
    await pod.serve();
    let peers = ['10.9.9.9'];
    pod.peers = () => Promise.resolve(peers);
    pod.drain();
    await pod.pass(1000);
    pod.redis.flush();
    peers = [];
    await pod.pass(2800);
    expect(pod.summary).toBeUndefined();
    await pod.pass(6000);
    expect(pod.summary).toMatchObject({ outcome: 'released' });
    expect(pod.answeredMs).toBeGreaterThan(4000);
  });

  test('begun just after a failover waits until every gateway has had a lease to come back', async () => {
    const pod = new Pod();
    await pod.serve();
    pod.redis.failover(10);
    await pod.pass(500);
    pod.drain();
    await pod.pass(2000);
    expect(pod.summary).toBeUndefined();
    await pod.pass(2000);
    expect(pod.summary).toMatchObject({ outcome: 'released', blind: false });
  });
});
