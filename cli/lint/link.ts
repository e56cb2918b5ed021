/**
 * Owns the links between what the files say: which Kong Service leads to which Kubernetes Service, and that to which
 * pods; which budget and autoscaler are for which workload.
 */
import type { LoneKongService } from './kong/declarative';
import type { KongService, KongUpstream } from './kong/kong-model';
import { isEmptySelector, containsLabels, selects } from './kubernetes/selectors';
import type { LoneWorkload } from './kubernetes/workload';
import type { Autoscaler, Budget, Service, Workload } from './model';
import { roleOf } from './role';

export interface Parts {
  readonly workloads: readonly LoneWorkload[];
  readonly services: readonly Service[];
  readonly budgets: readonly Budget[];
  readonly autoscalers: readonly Autoscaler[];
  /** `service`: the Kubernetes Service that a Kong Service was read from. */
  readonly kongServices: readonly (LoneKongService & { readonly service?: Service })[];
  readonly upstreams: readonly KongUpstream[];
}

export interface Linked {
  readonly workloads: readonly Workload[];
  readonly kongServices: readonly KongService[];
}

export function link(parts: Parts): Linked {
  const byLabel = inverted(
    parts.workloads.map(
      (workload) =>
        [workload, Object.entries(workload.podLabels).map(labelKey(workload.namespace))] as const,
    ),
  );
  const podsOf = new Map(
    parts.services.map((service) => {
      const { selector = {}, namespace } = service;
      const [first] = Object.entries(selector).map(labelKey(namespace));
      const near = first === undefined ? [] : (byLabel.get(first) ?? []);
      return [service, near.filter(({ podLabels }) => containsLabels(podLabels, selector))];
    }),
  );
  const kongServices = parts.kongServices.map(({ service, ...kong }): KongService => {
    const upstream = parts.upstreams.find(({ name }) => name === kong.host.value);
    const hosts = upstream?.targets ?? [kong.host.value ?? ''];
    const leadsTo =
      service !== undefined
        ? [service]
        : parts.services.filter((candidate) => hosts.some((host) => names(host, candidate)));
    const pods = [...new Set(leadsTo.flatMap((found) => podsOf.get(found) ?? []))];
    return { ...kong, upstream, leadsTo, pods };
  });

  const selecting = inverted(podsOf);
  const behind = inverted(kongServices.map((kong) => [kong, kong.pods] as const));
  const budgetsIn = grouped(parts.budgets);
  const kongIsKnown = kongServices.some(({ pods }) => pods.length > 0);
  const workloads = parts.workloads.map((workload): Workload => {
    const mine = {
      behind: behind.get(workload) ?? [],
      services: selecting.get(workload) ?? [],
      budgets: (budgetsIn.get(workload.namespace) ?? []).filter((budget) =>
        isFor(budget, workload),
      ),
      autoscaler: parts.autoscalers.find(
        ({ target, namespace }) =>
          namespace === workload.namespace &&
          target.kind === workload.kind &&
          target.name === workload.name,
      ),
    };
    return { ...workload, ...mine, role: roleOf({ ...workload, ...mine }, kongIsKnown) };
  });
  return { workloads, kongServices };
}

/** True if the host is a name of the Service: rt, rt.ns, rt.ns.svc, rt.ns.svc.cluster.local, or its IP. */
function names(host: string, { name, namespace, clusterIP }: Service): boolean {
  if (host === clusterIP.value) return host !== 'None';
  const [first, second, third] = host.replace(/\.$/, '').split('.');
  if (first !== name) return false;
  return second === undefined || (second === namespace && (third === undefined || third === 'svc'));
}

/** An empty selector is for every pod of the namespace (policy/v1). */
function isFor({ selector, apiVersion }: Budget, { podLabels }: LoneWorkload): boolean {
  if (isEmptySelector(selector)) return apiVersion.value === 'policy/v1';
  return selects(selector, podLabels);
}

/** Services find their pods by one label first: a thousand of each would else be a million comparisons. */
function labelKey(namespace: string): (label: readonly [string, string]) => string {
  return ([key, value]) => `${namespace}/${key}=${value}`;
}

function grouped<T extends { readonly namespace: string }>(items: readonly T[]): Map<string, T[]> {
  return inverted(items.map((item) => [item, [item.namespace]]));
}

/** For each value, the keys that have it. */
function inverted<K, V>(entries: Iterable<readonly [K, readonly V[]]>): Map<V, K[]> {
  const result = new Map<V, K[]>();
  for (const [key, values] of entries) {
    for (const value of values) {
      const known = result.get(value);
      if (known === undefined) result.set(value, [key]);
      else known.push(key);
    }
  }
  return result;
}
