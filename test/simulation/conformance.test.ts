/**
 * The model answers as the scripts do: the same random operations go to both, on a real Redis, and every reply, every
 * message and all that is kept are compared. SIM_OPS: how many operations (4000). SIM_SEED: the seed.
 */
import { seededRandom, pick } from '../../core/random';
import { waitFor } from '../../harness/wait';
import type { Announcement, Change, PoolRegistry, Renewal } from '../../registry/registry';
import { cleanUp, clientOf, realRedis, registryWithClock } from '../registry/redis';
import { RegistryModel } from './registry-model';

const seed = Number(process.env['SIM_SEED'] ?? 1);
const operations = Number(process.env['SIM_OPS'] ?? 4000);
const START_MS = 1_700_000_000_000;

afterAll(cleanUp);

const targets = ['10.1.0.1:8080', '10.1.0.2:8080', '[fd00::1]:8080'];
const gateways = ['gw-a', 'gw-b', 'gw-c'];

/** What differs by nature: the names of runs, which the registry draws by chance. Named by their order of appearance. */
class Runs {
  private readonly names = new Map<string, string>([['', '']]);

  of<T>(value: T): T {
    return JSON.parse(
      JSON.stringify(value, (key, part: unknown) =>
        key === 'run' && typeof part === 'string' ? this.name(part) : part,
      ) ?? 'null',
    ) as T;
  }

  private name(run: string): string {
    const name = this.names.get(run) ?? `run ${this.names.size}`;
    this.names.set(run, name);
    return name;
  }
}

class Both {
  private nowMs = START_MS;
  private readonly runs = { real: new Runs(), model: new Runs() };
  private readonly modelChanges: unknown[] = [];
  private readonly realChanges: unknown[] = [];
  private modelNews = 0;
  private realNews = -1; // the first call says that the subscription begins
  private fresh = 0;
  readonly model = new RegistryModel(
    (change) => this.modelChanges.push(this.runs.model.of(change)),
    () => this.modelNews++,
  );

  constructor(
    private readonly real: PoolRegistry,
    private readonly setClock: (nowMs: number) => Promise<unknown>,
  ) {
    real.onChange((change: Change | null) => {
      if (change) this.realChanges.push(this.runs.real.of(change));
    });
    real.onNews(() => this.realNews++);
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.setClock(this.nowMs);
  }

  async same<T>(
    what: string,
    real: (pool: PoolRegistry) => Promise<T>,
    model: (model: RegistryModel, nowMs: number, fresh: string) => T,
  ): Promise<void> {
    const expected = model(this.model, this.nowMs, `fresh ${++this.fresh}`);
    const got = await real(this.real);
    expect({ what, ...this.plain(got, this.runs.real) }).toEqual({
      what,
      ...this.plain(expected, this.runs.model),
    });
  }

  async sameMessages(): Promise<void> {
    await waitFor(
      'the same number of messages',
      () => this.realChanges.length >= this.modelChanges.length && this.realNews >= this.modelNews,
    );
    expect(this.realChanges).toEqual(this.modelChanges);
    expect(this.realNews).toBe(this.modelNews);
  }

  private plain(value: unknown, runs: Runs): { value: unknown } {
    const flat = JSON.parse(
      JSON.stringify(value, (_, part: unknown) => (part instanceof Map ? [...part].sort() : part)),
    ) as unknown;
    return { value: runs.of(flat) };
  }
}

test(`scripts and model agree over ${operations} operations of seed ${seed}`, async () => {
  const redis = await realRedis();
  const admin = await clientOf(redis.url);
  const { registry, set } = await registryWithClock(redis.url);
  const both = new Both(registry.pool('rt'), set);
  // The subscription is there when its first message comes.
  await waitFor('subscriptions', async () => {
    const [, changes, , news] = (await admin.pubsub(
      'NUMSUB',
      'drain:{rt}:changes',
      'drain:{rt}:news',
    )) as number[];
    return Number(changes) + Number(news) === 2;
  });
  const random = seededRandom(seed);
  const chance = (share: number): boolean => random() < share;
  const any = <T>(items: readonly T[]): T => pick(items, random) as T;
  const number = (below: number): number => Math.floor(random() * below);
  const fences = new Map<string, number[]>();
  const fenceOf = (id: string): number => any(fences.get(id) ?? [1]);
  const seenEpoch = (): number =>
    chance(0.02) ? (both.model.pool?.epoch ?? 0) + number(50) : number(both.model.pool?.epoch ?? 1);

  const life = (id: string) => ({
    id,
    incarnation: `life ${number(3)}`,
    fence: fenceOf(id),
    serial: 1 + number(6) + (chance(0.3) ? number(200) : 0),
    seenEpoch: seenEpoch(),
    leaseMs: 3000,
  });

  const announcement = (): Announcement => {
    const named = chance(0.8) ? { pod: `pod-${number(3)}`, node: 'n', zone: 'z' } : {};
    const order = { by: 'operator' as const, run: 'of before', sinceMs: 5 };
    const stated = any([
      { state: 'serving' as const, forMs: number(5000), ...(chance(0.1) ? { order } : {}) },
      { state: 'draining' as const, by: any(['hook', 'signal'] as const) },
      { state: 'gone' as const, why: any(['released', 'unhealthy'] as const) },
    ]);
    return { ...life(any(targets)), ...named, ...stated };
  };

  const renewal = (): Renewal => ({
    ...life(any(gateways)),
    report: {
      ...{ name: 'g', addresses: ['10.2.0.1'], epoch: number(9), unassigned: 0, leaseMs: 3000 },
      holding: chance(0.3) ? { [any(targets)]: 1 + number(3) } : {},
      ...(chance(0.05) ? { left: true } : {}),
    },
    counts: chance(0.5) ? { [any(targets)]: 1 + number(3) } : {},
    news: chance(0.3),
  });

  for (let i = 0; i < operations; i++) {
    await both.pass(chance(0.02) ? number(700_000) : chance(0.2) ? number(4000) : number(20));
    const draw = random();
    if (draw < 0.1) {
      const kind = any(['target', 'gateway'] as const);
      const id = any(kind === 'target' ? targets : gateways);
      await both.same(
        `join ${id}`,
        async (pool) => {
          const fence = await pool.join(kind, id);
          fences.set(id, [...(fences.get(id) ?? []), fence].slice(-3));
          return fence;
        },
        (model, nowMs) => model.join(kind, id, nowMs),
      );
    } else if (draw < 0.45) {
      const said = announcement();
      await both.same(
        `announce ${JSON.stringify(said)}`,
        (pool) => pool.announce(said),
        (model, nowMs, fresh) => model.announce(said, fresh, nowMs),
      );
    } else if (draw < 0.75) {
      const said = renewal();
      await both.same(
        `renew ${JSON.stringify(said)}`,
        (pool) => pool.renew(said),
        (model, nowMs, fresh) => model.renew(said, fresh, nowMs),
      );
    } else if (draw < 0.83) {
      await both.same(
        'view',
        (pool) => pool.view(),
        (model, nowMs) => model.view(nowMs),
      );
    } else if (draw < 0.91) {
      const id = any(targets);
      const since = chance(0.5) ? 0 : number(both.model.lastReport + 1);
      await both.same(
        `progress ${id} ${since}`,
        (pool) => pool.progress(id, since),
        (model, nowMs) => model.progress(id, since, nowMs),
      );
    } else if (draw < 0.995) {
      const id = any(targets);
      const act = any(['drain', 'undrain'] as const);
      const by = any(['operator', 'controller'] as const);
      await both.same(
        `${act} ${id} by ${by}`,
        (pool) => pool.order(id, act, by),
        (model, nowMs) => model.order(id, act, by, nowMs),
      );
    } else {
      await admin.del(...(await admin.keys('drain:*')), 'nothing');
      both.model.flush();
    }
  }
  await both.sameMessages();
}, 120_000);
