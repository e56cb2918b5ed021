/** Owns a request that holds a pod. Invariant: the pod is the one that the gateway itself reports. */
import type { Gateway } from '../../../harness/gateway/gateway';
import type { Pod } from '../../../harness/pod';
import type { Fleet } from '../../../harness/running-fleet';
import { waitFor } from '../../../harness/wait';
import type { Eye } from './eye';
import { begin, type OpenRequest } from './request';

export interface Pinned {
  readonly pod: Pod;
  readonly request: OpenRequest;
  /** When its answer was there whole, performance.now(). */
  readonly endedMs: Promise<number>;
}

/** Begins a request of `ms` and finds its pod; the gateway must have nothing else in flight. */
export async function pin(fleet: Fleet, gateway: Gateway, eye: Eye, ms: number): Promise<Pinned> {
  await eye.untilInFlight(gateway.name, 0);
  const request = begin(`${gateway.proxyUrl}/slow?ms=${ms}`);
  request.end();
  const endedMs = request.answer.then(({ status }) => {
    if (status !== 200) throw new Error(`the pinned request was answered ${status}`);
    return performance.now();
  });
  endedMs.catch(() => undefined); // for tests in which it is cut
  const pod = await waitFor('the pinned request’s pod', async () => {
    const [target] = Object.keys(await eye.inFlight(gateway.name));
    return fleet.pods().find((pod) => pod.target === target);
  });
  return { pod, request, endedMs };
}
