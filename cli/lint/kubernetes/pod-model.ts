/** Owns the model of a pod template: its containers, probes, hooks, and how it is stopped. */
import type { Cursor } from '../yaml/cursor';
import type { Field } from '../yaml/field';

export interface Pod {
  /** The pod's spec. */
  readonly at: Cursor;
  readonly grace: Field<number>;
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly topologySpread: readonly Cursor[];
  readonly antiAffinity: {
    readonly required: readonly Cursor[];
    readonly preferred: readonly Cursor[];
  };
  /** Where the pod asks for spot or preemptible nodes; undefined if it does not. */
  readonly spot: Cursor | undefined;
  readonly drain: Drain;
}

/** How kong-drain is in the pod. `injected`: its webhook adds the sidecar and the hook. */
export type Drain =
  | { readonly kind: 'none' }
  | { readonly kind: 'injected'; readonly pool: Field<string> }
  | { readonly kind: 'sidecar'; readonly container: Container; readonly native: boolean };

export interface Container {
  readonly name: string;
  readonly at: Cursor;
  readonly image: string;
  readonly command: Cursor;
  readonly args: Cursor;
  readonly ports: readonly {
    readonly name: string | undefined;
    readonly number: number | undefined;
  }[];
  readonly env: ReadonlyMap<string, Field<string>>;
  readonly readiness: Probe | undefined;
  readonly liveness: Probe | undefined;
  readonly startup: Probe | undefined;
  readonly preStop: Hook | undefined;
}

export interface HttpCall {
  readonly path: string;
  readonly port: Field<number | string>;
  readonly host: Field<string>;
}

/** Seconds and counts as given; the defaults are Kubernetes' (period 10, failures 3, timeout 1). */
export interface Probe {
  readonly at: Cursor;
  readonly http: HttpCall | undefined;
  /** What it asks, as text, so that two probes can be compared. */
  readonly asks: string;
  readonly initialDelay: Field<number>;
  readonly period: Field<number>;
  readonly timeout: Field<number>;
  readonly failures: Field<number>;
}

export interface Hook {
  readonly at: Cursor;
  readonly http: HttpCall | undefined;
  /** The words of an exec hook, joined by spaces. */
  readonly exec: string | undefined;
  /** Seconds that it certainly sleeps. */
  readonly sleepSeconds: number;
  /** True if it does nothing but sleep. */
  readonly onlySleeps: boolean;
}
