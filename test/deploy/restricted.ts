/**
 * Owns the check of a pod against Pod Security "restricted", as far as our pods could break it
 * (kubernetes.io/docs/concepts/security/pod-security-standards).
 */
import type { V1PodSpec } from '@kubernetes/client-node';

const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral'].concat([
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** What breaks it; empty where nothing does. Beyond the standard it asks for a root file system that is read-only. */
export function restrictedProblems(spec: V1PodSpec): string[] {
  const pod = spec.securityContext;
  const host = [spec.hostNetwork, spec.hostPID, spec.hostIPC].includes(true);
  const volumes = (spec.volumes ?? []).filter(
    (volume) => !Object.keys(volume).some((key) => VOLUMES.includes(key)),
  );
  const containers = [...(spec.initContainers ?? []), ...spec.containers].flatMap((container) => {
    const own = container.securityContext;
    const broken = {
      'is privileged': own?.privileged === true,
      'may escalate': own?.allowPrivilegeEscalation !== false,
      'keeps capabilities':
        own?.capabilities?.drop?.includes('ALL') !== true ||
        (own.capabilities.add ?? []).length > 0,
      'may run as root': !(own?.runAsNonRoot ?? pod?.runAsNonRoot ?? false),
      'has no user by number': !((own?.runAsUser ?? pod?.runAsUser ?? 0) > 0),
      'has no seccomp profile':
        (own?.seccompProfile ?? pod?.seccompProfile)?.type !== 'RuntimeDefault',
      'can write its image': own?.readOnlyRootFilesystem !== true,
      'has a host port': container.ports?.some(({ hostPort }) => hostPort !== undefined) === true,
    };
    return Object.entries(broken).flatMap(([what, is]) =>
      is ? [`${container.name} ${what}`] : [],
    );
  });
  return [
    ...(host ? ['it is in a namespace of the host'] : []),
    ...volumes.map(({ name }) => `volume ${name} is not of an allowed kind`),
    ...containers,
  ];
}
