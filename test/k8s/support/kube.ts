/** Owns the clients of the cluster in KUBECONFIG, and kubectl for what a user does by kubectl. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  AdmissionregistrationV1Api,
  ApiException,
  AppsV1Api,
  AutoscalingV2Api,
  CoreV1Api,
  KubeConfig,
  StorageV1Api,
  VersionApi,
} from '@kubernetes/client-node';
import { readSettings } from './settings';

const KUBECTL_MS = 180_000;

function connect() {
  const config = new KubeConfig();
  config.loadFromDefault();
  return {
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    autoscaling: config.makeApiClient(AutoscalingV2Api),
    admission: config.makeApiClient(AdmissionregistrationV1Api),
    storage: config.makeApiClient(StorageV1Api),
    version: config.makeApiClient(VersionApi),
  };
}

let clients: ReturnType<typeof connect> | undefined;

/** Connects at the first call, so that a run without a cluster can say so first. */
export const kube = (): ReturnType<typeof connect> => (clients ??= connect());

/** What kubectl prints. Rejects with what it complains of. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const { kubectl: command } = readSettings(process.env);
  const { stdout } = await promisify(execFile)(command, args, {
    timeout: KUBECTL_MS,
    maxBuffer: 64 << 20,
  });
  return stdout;
}

/** The object, or undefined where the API server knows none. */
export async function orNone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}
