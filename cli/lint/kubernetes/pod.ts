/** Owns the reading of a pod template's spec. */
import type { Cursor } from '../yaml/cursor';
import { type Field, numberField } from '../yaml/field';
import { readContainer } from './container';
import type { Container, Drain, Pod } from './pod-model';

/** Labels (and the taints of that name) by which the clouds mark nodes that they may take back. */
const SPOT_LABELS: Readonly<Record<string, readonly string[]>> = {
  'cloud.google.com/gke-spot': ['true'],
  'cloud.google.com/gke-preemptible': ['true'],
  'cloud.google.com/gke-provisioning': ['spot', 'preemptible'],
  'eks.amazonaws.com/capacityType': ['SPOT'],
  'karpenter.sh/capacity-type': ['spot'],
  'kubernetes.azure.com/scalesetpriority': ['spot'],
};

/** `pool`: the annotation by which the pod asks the injector for a sidecar. */
export function readPod(at: Cursor, pool: Field<string>): Pod {
  const containers = at.at('containers').items().map(readContainer);
  const initContainers = at.at('initContainers').items().map(readContainer);
  const affinity = at.at('affinity', 'podAntiAffinity');
  return {
    at,
    grace: numberField(at.at('terminationGracePeriodSeconds')),
    containers,
    initContainers,
    topologySpread: at.at('topologySpreadConstraints').items(),
    antiAffinity: {
      required: affinity.at('requiredDuringSchedulingIgnoredDuringExecution').items(),
      preferred: affinity
        .at('preferredDuringSchedulingIgnoredDuringExecution')
        .items()
        .map((item) => item.at('podAffinityTerm')),
    },
    spot: findSpot(at),
    drain: findDrain(containers, initContainers, pool),
  };
}

/** A sidecar of ours is known by its settings or its program, whatever the image is called. */
export function isDrainSidecar({ env, command }: Container): boolean {
  return env.has('DRAIN_TARGET') || /(^|\/)sidecar\/main\.js\b/.test(command.words().join(' '));
}

function findDrain(
  containers: readonly Container[],
  initContainers: readonly Container[],
  pool: Field<string>,
): Drain {
  const native = initContainers.find(
    (container) =>
      isDrainSidecar(container) && container.at.at('restartPolicy').string() === 'Always',
  );
  const container = native ?? containers.find(isDrainSidecar);
  if (container !== undefined) {
    return { kind: 'sidecar', container, native: native !== undefined };
  }
  return pool.value === undefined ? { kind: 'none' } : { kind: 'injected', pool };
}

function findSpot(at: Cursor): Cursor | undefined {
  const marks = (key: string | undefined, values: readonly string[]): boolean =>
    key !== undefined && values.some((value) => SPOT_LABELS[key]?.includes(value) === true);
  const selected = at
    .at('nodeSelector')
    .entries()
    .find(([key, value]) => marks(key, [value.text()]));
  if (selected !== undefined) return selected[1];
  const tolerated = at
    .at('tolerations')
    .items()
    .find((item) => marks(item.at('key').string(), [item.at('value').text()]));
  if (tolerated !== undefined) return tolerated;
  return at
    .at('affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution')
    .at('nodeSelectorTerms')
    .items()
    .flatMap((term) => term.at('matchExpressions').items())
    .find((item) => marks(item.at('key').string(), item.at('values').words()));
}
