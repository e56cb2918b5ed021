/** Owns the view of the example's pods: which there are, whether they serve, and how each one ended. */
import type { V1Pod } from '@kubernetes/client-node';
import { httpGet } from '../../../harness/http-get';
import { waitFor } from '../../../harness/wait';
import type { SidecarStatus } from '../../../sidecar/sidecar';
import { kube, kubectl, orNone } from './kube';

const namespace = 'example';
const SELECTOR = 'app.kubernetes.io/name=rt';
const SETTLE_MS = 120_000;
const DRAIN_EVENTS = ['DrainReleased', 'DrainCut', 'DrainUnknown'];

export interface Ending {
  readonly reason: string;
  readonly message: string;
}

interface Inflight {
  readonly uploads: number;
  readonly websockets: number;
}

export const nameOf = ({ metadata }: V1Pod): string => metadata?.name ?? '';

/** The example's pods, those that are going among them. */
export async function allPods(): Promise<V1Pod[]> {
  return (await kube().core.listNamespacedPod({ namespace, labelSelector: SELECTOR })).items;
}

/** Waits until there are exactly so many pods, each injected, ready and announced in the registry, and none is going. */
export async function steady(replicas: number): Promise<V1Pod[]> {
  const find = async (): Promise<V1Pod[] | undefined> => {
    const pods = await allPods();
    if (pods.length !== replicas || !pods.every(isReady)) return undefined;
    const states = await Promise.all(pods.map(registered));
    return states.every((state) => state === 'serving') ? pods : undefined;
  };
  return waitFor(`${replicas} pods that serve`, find, { timeoutMs: SETTLE_MS, everyMs: 250 });
}

/** Asks for so many pods; the autoscaler is held to the same number. */
export async function scale(replicas: number): Promise<void> {
  const bounds = { spec: { minReplicas: replicas, maxReplicas: replicas } };
  await kubectl(...inExample('patch', 'hpa', 'rt', '--type=merge', '-p', JSON.stringify(bounds)));
  await kubectl(...inExample('scale', 'deployment/rt', `--replicas=${replicas}`));
}

/** As a user does; resolves when the new pods are all there. The old ones may still drain. */
export async function rollOut(): Promise<void> {
  await kubectl(...inExample('rollout', 'restart', 'deployment/rt'));
  await rolledOut();
}

/** Changes the template of its pods (a strategic merge patch); resolves as `rollOut` does. */
export async function changeTemplate(template: object): Promise<void> {
  const patch = JSON.stringify({ spec: { template } });
  await kubectl(...inExample('patch', 'deployment', 'rt', '-p', patch));
  await rolledOut();
}

const rolledOut = (): Promise<string> =>
  kubectl(...inExample('rollout', 'status', 'deployment/rt', '--timeout=170s'));

/** What the sidecar says of itself; undefined where none answers. */
export async function sidecarStatus({ status }: V1Pod): Promise<SidecarStatus | undefined> {
  try {
    const { body } = await httpGet(`http://${status?.podIP ?? ''}:8081/status`, {
      timeoutMs: 1000,
    });
    return JSON.parse(body) as SidecarStatus;
  } catch {
    return undefined;
  }
}

/** The state that the registry holds of the pod, as its sidecar has it. */
export const registered = async (pod: V1Pod): Promise<string | null | undefined> =>
  (await sidecarStatus(pod))?.registered;

/** What the runtime has under way, without this very question. */
export async function inflightOf({ status }: V1Pod): Promise<Inflight> {
  const { body } = await httpGet(`https://${status?.podIP ?? ''}:8080/inflight`, {
    timeoutMs: 5000,
  });
  return JSON.parse(body) as Inflight;
}

export async function deletePod(pod: V1Pod, gracePeriodSeconds?: number): Promise<void> {
  const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
  await kube().core.deleteNamespacedPod({ namespace, name: nameOf(pod), ...grace });
}

/** The pod of that very UID; undefined when it is gone. */
export async function again(pod: V1Pod): Promise<V1Pod | undefined> {
  const found = await orNone(kube().core.readNamespacedPod({ namespace, name: nameOf(pod) }));
  return found?.metadata?.uid === pod.metadata?.uid ? found : undefined;
}

/** Waits until the pod is gone, and gives the Event that the controller wrote of its drain. */
export async function ended(pod: V1Pod, timeoutMs = 60_000): Promise<Ending> {
  const isGone = async () => !(await again(pod));
  await waitFor(`${nameOf(pod)} to go`, isGone, { timeoutMs, everyMs: 200 });
  return eventOf(pod, DRAIN_EVENTS);
}

/** Waits for an Event of one of these reasons on the pod. */
export function eventOf(pod: V1Pod, reasons: readonly string[]): Promise<Ending> {
  const fieldSelector = `involvedObject.uid=${pod.metadata?.uid ?? ''}`;
  const find = async (): Promise<Ending | undefined> => {
    const { items } = await kube().core.listNamespacedEvent({ namespace, fieldSelector });
    const found = items.find(({ reason = '' }) => reasons.includes(reason));
    return found && { reason: found.reason ?? '', message: found.message ?? '' };
  };
  const what = `${reasons.join(' or ')} of ${nameOf(pod)}`;
  return waitFor(what, find, { timeoutMs: 30_000, everyMs: 200 });
}

/** Seconds that a drain took, by its Event. */
export const secondsOf = ({ message }: Ending): number =>
  Number(/after ([\d.]+) s/.exec(message)?.[1] ?? Number.NaN);

/** And to stay. */
export function isReady({ metadata, status }: V1Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return metadata?.deletionTimestamp === undefined && ready?.status === 'True';
}

const inExample = (...args: string[]): string[] => ['-n', namespace, ...args];
