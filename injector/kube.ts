/** Owns how the Kubernetes API is reached. Invariant: every call but a watch ends within CALL_TIMEOUT_MS. */
import {
  AdmissionregistrationV1Api,
  CoordinationV1Api,
  CoreV1Api,
  createConfiguration,
  KubeConfig,
  ServerConfiguration,
  VersionApi,
  Watch,
} from '@kubernetes/client-node';
import { DrainError, messageOf } from '../core/errors';

export interface Kube {
  readonly core: CoreV1Api;
  readonly admission: AdmissionregistrationV1Api;
  readonly coordination: CoordinationV1Api;
  readonly version: VersionApi;
  readonly watch: Watch;
}

const CALL_TIMEOUT_MS = 10_000;

const HOW = 'run in a pod with its service account mounted, or set KUBECONFIG';

/** Connects as the pod's service account, or by KUBECONFIG outside a cluster. Throws `NO_CLUSTER`. */
export function connectKube(): Kube {
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    throw new DrainError('NO_CLUSTER', `${messageOf(error)}: ${HOW}`, { cause: error });
  }
  return kubeOf(config);
}

/** The clients of one cluster. Throws `NO_CLUSTER` where the configuration names none. */
export function kubeOf(config: KubeConfig): Kube {
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    throw new DrainError('NO_CLUSTER', `no Kubernetes API: ${HOW}`);
  }
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(cluster.server, {}),
    authMethods: { default: config },
    promiseMiddleware: [
      {
        pre: (request) => {
          request.setSignal(AbortSignal.timeout(CALL_TIMEOUT_MS));
          return Promise.resolve(request);
        },
        post: (response) => Promise.resolve(response),
      },
    ],
  });
  return {
    core: new CoreV1Api(configuration),
    admission: new AdmissionregistrationV1Api(configuration),
    coordination: new CoordinationV1Api(configuration),
    version: new VersionApi(configuration),
    watch: new Watch(config),
  };
}

// kubernetes.io/docs/concepts/workloads/pods/sidecar-containers: on by default since 1.29.
const NATIVE_SIDECARS_SINCE = [1, 29] as const;

/** Whether a server of this version has native sidecars. Some providers write minors such as "29+". */
export function hasNativeSidecars({ major, minor }: { major: string; minor: string }): boolean {
  const [sinceMajor, sinceMinor] = NATIVE_SIDECARS_SINCE;
  const [itsMajor, itsMinor] = [parseInt(major, 10), parseInt(minor, 10)];
  return itsMajor > sinceMajor || (itsMajor === sinceMajor && itsMinor >= sinceMinor);
}
