/**
 * Owns the model that rules look at: what stands in all inputs together, already linked (which Kong Service leads to
 * which pods). Invariant: plain readonly data; building it decides nothing about right or wrong.
 */
import type { Container, Pod } from './kubernetes/pod-model';
import type { KongFile, KongPlugin, KongRoute, KongService, KongUpstream } from './kong/kong-model';
import type { Directive } from './nginx/directive';
import type { NginxProxy } from './nginx/proxies';
import type { Cursor } from './yaml/cursor';
import type { Field } from './yaml/field';

export type { Container, Pod };

export interface Model {
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
  readonly budgets: readonly Budget[];
  readonly autoscalers: readonly Autoscaler[];
  readonly kong: {
    readonly files: readonly KongFile[];
    readonly services: readonly KongService[];
    readonly upstreams: readonly KongUpstream[];
    readonly routes: readonly KongRoute[];
    readonly plugins: readonly KongPlugin[];
  };
  readonly nginx: {
    readonly proxies: readonly NginxProxy[];
    /** The outermost directives of each file. */
    readonly files: readonly (readonly Directive[])[];
  };
}

/** `gateway`: a Kong data plane. `runtime`: serves requests behind one. `other`: serves none, or not HTTP. */
export type Role = 'gateway' | 'runtime' | 'other';

export interface Workload {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** For messages: `Deployment rt`. */
  readonly title: string;
  readonly at: Cursor;
  readonly podLabels: Readonly<Record<string, string>>;
  /** The workload's own and its pod template's; the latter win. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly replicas: Field<number>;
  readonly strategy: {
    readonly at: Cursor;
    readonly type: Field<string>;
    readonly maxUnavailable: Field<number | string>;
    readonly maxSurge: Field<number | string>;
  };
  readonly pod: Pod;
  readonly role: Role;
  /** Kong Services that lead here. */
  readonly behind: readonly KongService[];
  readonly services: readonly Service[];
  readonly budgets: readonly Budget[];
  readonly autoscaler: Autoscaler | undefined;
}

export interface Service {
  readonly name: string;
  readonly namespace: string;
  readonly at: Cursor;
  readonly annotations: Readonly<Record<string, string>>;
  /** Undefined: no selector. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly clusterIP: Field<string>;
  readonly sessionAffinity: Field<string>;
  readonly publishNotReady: Field<boolean>;
  readonly ports: readonly { readonly targetPort: Field<number | string> }[];
}

export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

export interface Budget {
  readonly name: string;
  readonly namespace: string;
  readonly at: Cursor;
  readonly apiVersion: Field<string>;
  readonly selector: LabelSelector;
  readonly minAvailable: Field<number | string>;
  readonly maxUnavailable: Field<number | string>;
}

export interface Autoscaler {
  readonly name: string;
  readonly namespace: string;
  readonly at: Cursor;
  readonly apiVersion: Field<string>;
  readonly target: { readonly kind: string; readonly name: string };
  readonly minReplicas: Field<number>;
  readonly scaleDown: Cursor;
}
