/**
 * Owns the lives and drains of a pool's targets, put together from readings of the registry.
 * Invariant: a reading that says nothing new changes nothing; a life begun anew on a used address is another life.
 */
import { podNameOf } from '../../../core/pod-id';
import type { GatewayRecord, TargetRecord } from '../../../core/records';
import type { DrainLine, PodLife, RolloutSight } from './sight';

type Open<T> = { -readonly [Key in keyof T]: T[Key] };
type Phase = Open<PodLife['phases'][number]>;
type Drain = Open<Omit<DrainLine, 'acks'>> & {
  acks: Open<DrainLine['acks'][number]>[];
  epoch: number;
};

interface Life {
  readonly target: string;
  readonly incarnation: string;
  readonly pod: string | undefined;
  readonly phases: Phase[];
  drain?: Drain;
}

export class Chronicle {
  readonly #current = new Map<string, Life>();
  /** The latest statement of each target: readings may overtake each other. */
  readonly #latest = new Map<string, TargetRecord>();
  readonly #lives: Life[] = [];
  readonly #drains: Drain[] = [];
  #changedMs: number | undefined;

  /** A target's record, as it is since `atMs`. */
  target(id: string, record: TargetRecord, atMs: number): void {
    const latest = this.#latest.get(id);
    if (latest && isOlder(record, latest)) return;
    this.#latest.set(id, record);
    const known = this.#current.get(id);
    if (record.state === 'gone') {
      if (known) this.#end(known, atMs);
      return;
    }
    if (known && known.incarnation !== record.incarnation) this.#end(known, atMs);
    const life = this.#current.get(id) ?? this.#begin(id, record);
    const phase = life.phases.at(-1);
    if (phase?.phase === record.state) return;
    if (phase) phase.untilMs = atMs;
    life.phases.push({ phase: record.state, fromMs: atMs });
    this.#changedMs = Math.max(this.#changedMs ?? 0, atMs);
    if (record.state === 'draining') this.#drain(life, record, atMs);
    else this.#endDrain(life, atMs);
  }

  /** A whole reading: a target that is not in it is gone. */
  view(
    targets: ReadonlyMap<string, TargetRecord>,
    atMs: (record: TargetRecord) => number,
    nowMs: number,
  ): void {
    for (const [id, record] of targets) this.target(id, record, atMs(record));
    for (const [id, life] of this.#current) if (!targets.has(id)) this.#end(life, nowMs);
  }

  /** What the gateways with a live lease last said. */
  gateways(records: readonly GatewayRecord[], nowMs: number): void {
    for (const { drain, target } of this.#current.values()) {
      if (!drain) continue;
      for (const { name, epoch, holding } of records) {
        const acked = drain.acks.some(({ gateway }) => gateway === name);
        if (epoch >= drain.epoch && !acked) drain.acks.push({ gateway: name, atMs: nowMs });
        if ((holding[target] ?? 0) > 0) drain.heldUntilMs = nowMs;
      }
    }
  }

  /** What a sidecar said of a drain that has ended: it knows better than who only watched. */
  ended(
    target: string,
    endedMs: number,
    word: { outcome: 'released' | 'cut'; acks: DrainLine['acks'] },
  ): void {
    const drain = this.#drains
      .filter((one) => one.target === target && one.fromMs <= endedMs)
      .sort((a, b) => a.fromMs - b.fromMs)
      .at(-1);
    if (!drain) return;
    drain.outcome = word.outcome;
    drain.untilMs = endedMs;
    if (word.acks.length > 0) drain.acks = [...word.acks];
  }

  get draining(): number {
    return [...this.#current.values()].filter(({ drain }) => drain).length;
  }

  sight(): RolloutSight {
    return {
      pods: this.#lives.map(({ target, pod, phases }) => ({
        target,
        ...(pod === undefined ? {} : { pod }),
        phases: phases.map((phase) => ({ ...phase })),
      })),
      drains: this.#drains.map(({ epoch: _, ...drain }) => ({ ...drain, acks: [...drain.acks] })),
      ...(this.#changedMs === undefined ? {} : { changedMs: this.#changedMs }),
    };
  }

  #begin(target: string, { incarnation, pod }: TargetRecord): Life {
    const name = pod === undefined ? undefined : podNameOf(pod);
    const life: Life = { target, incarnation, pod: name, phases: [] };
    this.#current.set(target, life);
    this.#lives.push(life);
    return life;
  }

  #drain(life: Life, { epoch, by }: TargetRecord, fromMs: number): void {
    const { target, pod } = life;
    life.drain = {
      ...{ target, fromMs, epoch, acks: [] },
      ...(pod === undefined ? {} : { pod }),
      ...(by === undefined ? {} : { by }),
    };
    this.#drains.push(life.drain);
  }

  #endDrain(life: Life, atMs: number): void {
    if (life.drain) life.drain.untilMs = atMs;
    delete life.drain;
  }

  #end(life: Life, atMs: number): void {
    const phase = life.phases.at(-1);
    if (phase) phase.untilMs = atMs;
    this.#endDrain(life, atMs);
    this.#current.delete(life.target);
    this.#changedMs = Math.max(this.#changedMs ?? 0, atMs);
  }
}

function isOlder(a: TargetRecord, b: TargetRecord): boolean {
  return a.fence < b.fence || (a.fence === b.fence && a.epoch < b.epoch);
}
