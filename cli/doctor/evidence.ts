/** Owns what the doctor knows: what those that it was told of said. Invariant: facts only, no judgement. */
import type { EndedDrain } from '../../registry/pool-history';
import type { PoolOverview } from '../../registry/pool-overview';

/** Empty lists: it was not told of any. */
export interface Evidence {
  readonly redis: readonly RedisEvidence[];
  readonly pools: readonly PoolEvidence[];
  readonly kongs: readonly KongEvidence[];
  readonly configs: readonly ConfigEvidence[];
  readonly runtimes: readonly RuntimeEvidence[];
  readonly sidecars: readonly SidecarEvidence[];
  readonly injectors: readonly InjectorEvidence[];
}

export interface RedisEvidence {
  readonly url: string;
  /** Why it could not be asked. */
  readonly failure?: string;
  /** INFO's fields. */
  readonly info: ReadonlyMap<string, string>;
}

/** A pool, looked at again and again for a while. */
export interface PoolEvidence {
  readonly pool: string;
  /** At least one. */
  readonly looks: readonly PoolOverview[];
  readonly drains: readonly EndedDrain[];
}

/** What a Kong answered to a call of the sync route without a token: 403 of `drain` itself where all is well. */
export interface KongEvidence {
  readonly url: string;
  readonly failure?: string;
  readonly status: number;
  readonly body: string;
  /** The answer came from behind Kong: the call was led on to some Service. */
  readonly proxied: boolean;
  /** Of the headers Server or Via, such as `3.9.1`. */
  readonly version?: string;
}

/** A declarative configuration: a file, or what an Admin API holds. */
export interface ConfigEvidence {
  readonly source: string;
  readonly failure?: string;
  readonly text: string;
}

export interface RuntimeEvidence {
  readonly url: string;
  readonly failure?: string;
  /** Of its header `Keep-Alive: timeout=…`, in ms. */
  readonly saidKeepAliveMs?: number;
  /** It closed an idle connection after so long. */
  readonly closedAfterMs?: number;
}

export interface SidecarEvidence {
  readonly url: string;
  readonly failure?: string;
  readonly status?: {
    readonly pool: string;
    readonly target: string;
    readonly healthy: boolean;
    readonly state: string;
    readonly registered: string | null;
    readonly registryAnswers: boolean;
  };
}

export interface InjectorEvidence {
  readonly url: string;
  readonly failure?: string;
  readonly ready: boolean;
  /** Prometheus' text. */
  readonly metrics: string;
}
