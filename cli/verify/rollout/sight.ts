/**
 * Owns what a verifier may learn of the rollout itself, from whoever knows of it.
 * Invariant: times are this machine's clock, ms since the epoch, whatever clock the source has.
 */
export type PodPhase = 'serving' | 'draining';

/** One life of a pod behind the service. `untilMs`: missing of one that still lives. */
export interface PodLife {
  readonly target: string;
  readonly pod?: string;
  readonly phases: readonly {
    readonly phase: PodPhase;
    readonly fromMs: number;
    readonly untilMs?: number;
  }[];
}

export interface DrainLine {
  readonly target: string;
  readonly pod?: string;
  readonly by?: string;
  readonly fromMs: number;
  readonly untilMs?: number;
  /** Which gateway routed without the target since when, as they came. */
  readonly acks: readonly { readonly gateway: string; readonly atMs: number }[];
  /** The last moment at which a gateway still had requests in flight for it. */
  readonly heldUntilMs?: number;
  /** By the word of the sidecar itself, where it is kept. */
  readonly outcome?: 'released' | 'cut';
}

export interface RolloutSight {
  readonly pods: readonly PodLife[];
  readonly drains: readonly DrainLine[];
  /** When a pod last came, went or changed its state. */
  readonly changedMs?: number;
}

/** A source of such knowledge. */
export interface RolloutWatch {
  sight(): RolloutSight;
  /** Takes in what is known only afterwards, then ends. */
  close(): Promise<void>;
}

export const NOTHING_KNOWN: RolloutSight = { pods: [], drains: [] };

/** Of a service of which nothing is known but what its clients see. */
export const blindWatch: RolloutWatch = {
  sight: () => NOTHING_KNOWN,
  close: () => Promise.resolve(),
};
