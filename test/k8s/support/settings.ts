/**
 * Owns what the tests on a cluster are told. All by environment:
 *
 *   KUBECONFIG        the cluster, 1.29 or newer, with rights to create namespaces, RBAC and webhooks. Required
 *   KONG_BIN          Kong's command: two gateways run here, beside the cluster. Or:
 *   KONG_IMAGE        Kong's image: two gateways run in the cluster, by deploy/kong/dbless
 *   KONG_DRAIN_IMAGE  our image, which the nodes have or can pull (kong-drain:0.1.0)
 *   REDIS_IMAGE       (redis:7.2-alpine)
 *   KUBECTL           1.27 or newer (kubectl)
 *   K8S_ROLLOUTS      (5)
 *   K8S_FIGURES       file that gets what was measured, a JSON object a line
 *   K8S_LOGS          keep: the gateways' logs stay in .run/
 *
 * This machine must reach pods and Services by their own addresses, and pods must reach it: on kind, for example, by
 * routes to the pods' and the Services' ranges through the node's container. A scenario alone: `npm run e2e:k8s -- eviction`.
 *
 * They make the namespaces kong-drain, kong, example and kong-drain-e2e and the cluster's objects of deploy/, all labelled
 * kong-drain.dev/e2e, and delete them in the end. A cluster that has one of them without that label is left alone. Two
 * nodes, where so many take pods, are cordoned in turn, emptied of these tests' pods, and uncordoned.
 */
import { DrainError } from '../../../core/errors';

export interface K8sSettings {
  readonly kong: { readonly command: string } | { readonly image: string };
  readonly image: string;
  readonly redisImage: string;
  readonly kubectl: string;
  readonly rollouts: number;
  readonly figuresFile: string | undefined;
  readonly logs: 'keep' | 'remove';
}

/** Throws `NO_CLUSTER` or `NO_KONG`: the tests then do not count as passed. */
export function readSettings(env: NodeJS.ProcessEnv): K8sSettings {
  if (!env['KUBECONFIG']) {
    throw new DrainError(
      'NO_CLUSTER',
      'there is no cluster: set KUBECONFIG. Nothing was tested, this does not count as passed',
    );
  }
  const { KONG_BIN: command, KONG_IMAGE } = env;
  if (!command && !KONG_IMAGE) {
    throw new DrainError(
      'NO_KONG',
      'there is no Kong: set KONG_BIN to its command, or KONG_IMAGE. Nothing was tested, this does not count as passed',
    );
  }
  return {
    kong: command ? { command } : { image: KONG_IMAGE ?? '' },
    image: env['KONG_DRAIN_IMAGE'] || 'kong-drain:0.1.0',
    redisImage: env['REDIS_IMAGE'] || 'redis:7.2-alpine',
    kubectl: env['KUBECTL'] || 'kubectl',
    rollouts: Number(env['K8S_ROLLOUTS'] || 5),
    figuresFile: env['K8S_FIGURES'] || undefined,
    logs: env['K8S_LOGS'] === 'keep' ? 'keep' : 'remove',
  };
}
