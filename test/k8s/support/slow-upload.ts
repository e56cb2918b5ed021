/** Owns an upload that Kong passes on unbuffered, so that it is in flight at a pod that is known, for as long as one likes. */
import type { V1Pod } from '@kubernetes/client-node';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { waitFor } from '../../../harness/wait';
import { inflightOf } from './example';
import { stage } from './facts';
import { UNBUFFERED_PATH } from './unbuffered';

const CHUNK = randomBytes(64 << 10);
const EVERY_MS = 50;

export interface SlowUpload {
  readonly pod: V1Pod;
  /** Sends the end of the body; what came of it: `200 whole`, or how it broke. */
  readonly end: () => Promise<string>;
}

/** Begins one; resolves when it is in flight at the pod. Nobody else may upload meanwhile. */
export async function slowUpload(pods: readonly V1Pod[]): Promise<SlowUpload> {
  const count = () => Promise.all(pods.map(async (pod) => (await inflightOf(pod)).uploads));
  const before = await count();
  const hash = createHash('sha256');
  const call = request(`${stage().gateways[0] ?? ''}${UNBUFFERED_PATH}/upload`, {
    ...{ method: 'POST', agent: false },
  });
  const send = (): void => {
    hash.update(CHUNK);
    call.write(CHUNK);
  };
  const timer = setInterval(send, EVERY_MS);
  const answer = answerOf(call).finally(() => clearInterval(timer));
  send();
  const find = async (): Promise<V1Pod | undefined> => {
    const after = await count();
    return pods.find((_, index) => (after[index] ?? 0) > (before[index] ?? 0));
  };
  const pod = await waitFor('the pod of an upload', find);
  return {
    pod,
    end: () => {
      clearInterval(timer);
      call.end();
      const whole = hash.digest('hex');
      return answer.then(({ status, body }) => {
        const { sha256 } =
          status === 200 ? (JSON.parse(body) as { sha256: string }) : { sha256: '' };
        return `${status} ${sha256 === whole ? 'whole' : body}`;
      }, String);
    },
  };
}

async function answerOf(call: ReturnType<typeof request>) {
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
}
