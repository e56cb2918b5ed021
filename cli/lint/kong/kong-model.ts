/** Owns the model of Kong's entities, from declarative files or from Kubernetes annotations (ingress controller). */
import type { LoneWorkload } from '../kubernetes/workload';
import type { Service } from '../model';
import type { Cursor } from '../yaml/cursor';
import type { Field } from '../yaml/field';

export interface KongFile {
  readonly at: Cursor;
  readonly formatVersion: Cursor;
}

/** Times in milliseconds. `value` is always what Kong would use: its default where nothing is given. */
export interface KongService {
  readonly name: string;
  readonly title: string;
  readonly at: Cursor;
  /** True if it is a Kubernetes Service with Kong's annotations, whose values are texts. */
  readonly annotated: boolean;
  readonly host: Field<string>;
  readonly retries: Field<number>;
  readonly connectTimeout: Field<number>;
  readonly readTimeout: Field<number>;
  readonly writeTimeout: Field<number>;
  readonly routes: readonly KongRoute[];
  readonly plugins: readonly KongPlugin[];
  readonly upstream: KongUpstream | undefined;
  /** Kubernetes Services that its host, or its Upstream's targets, name. */
  readonly leadsTo: readonly Service[];
  readonly pods: readonly LoneWorkload[];
}

export interface KongRoute {
  readonly title: string;
  readonly at: Cursor;
  readonly paths: readonly string[];
  readonly protocols: readonly string[];
  readonly requestBuffering: Field<boolean>;
  readonly plugins: readonly KongPlugin[];
  readonly hasService: boolean;
}

export interface KongUpstream {
  readonly name: string;
  readonly at: Cursor;
  /** Host parts of its targets. */
  readonly targets: readonly string[];
  readonly active: Cursor;
  readonly passive: Cursor;
}

export interface KongPlugin {
  readonly name: string;
  readonly at: Cursor;
  readonly config: Cursor;
  readonly enabled: boolean;
  readonly scope: 'global' | 'service' | 'route' | 'consumer';
}
