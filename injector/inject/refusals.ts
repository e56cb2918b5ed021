/** Owns which pods get no sidecar although they ask for one, and why. */
import type { V1Pod } from '@kubernetes/client-node';
import { PREFIX, type Wishes } from '../annotations';
import type { SidecarPlan } from './sidecar-container';

/** The reasons against a sidecar in this pod; empty where it can have one. */
export function refusals(
  pod: V1Pod,
  wishes: Wishes,
  { native, graceSeconds }: Pick<SidecarPlan, 'native' | 'graceSeconds'>,
): string[] {
  const { spec } = pod;
  const names = new Set(spec?.containers.map(({ name }) => name));
  const unknown = (wishes['hook-containers'] ?? []).filter((name) => !names.has(name));
  const sidecarPort = wishes['sidecar-port'];
  const takenBy = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find(({ ports }) =>
    ports?.some(({ containerPort }) => containerPort === sidecarPort),
  );
  const { restartPolicy = 'Always' } = spec ?? {};
  return [
    spec?.hostNetwork === true &&
      "hostNetwork: its address is the node's, so a target could not be told from the node's other pods",
    spec?.os?.name === 'windows' && 'os windows: the sidecar needs Linux',
    wishes.sidecar === 'native' &&
      !native &&
      `${PREFIX}sidecar: this server is older than 1.29 and has no native sidecars`,
    !native &&
      restartPolicy !== 'Always' &&
      `a plain sidecar would keep the pod from completing (restartPolicy ${restartPolicy}): it needs a native one`,
    unknown.length > 0 &&
      `${PREFIX}hook-containers: the pod has no container ${unknown.join(', ')}`,
    wishes['reserve-seconds'] >= graceSeconds &&
      `${PREFIX}reserve-seconds: ${wishes['reserve-seconds']} leaves nothing of ${graceSeconds} s of grace for the drain`,
    takenBy && `${PREFIX}sidecar-port: ${sidecarPort} is taken by container "${takenBy.name}"`,
  ].filter((reason) => typeof reason === 'string');
}
