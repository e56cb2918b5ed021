/**
 * The load/roll command of docker-compose.yml: `docker compose run --rm roll`. Rolls the pods one by one under load and
 * prints what clients saw. Exit code 1 if anything was lost.
 * Invariant: a pod is deleted only while every other one serves.
 */
import http from 'node:http';
import { Command, Option } from 'commander';
import { DrainError, messageOf } from '../../core/errors';
import { drainFigures } from '../demo/drain-figures';
import { httpGet } from '../http-get';
import { startLoad } from '../../load/load';
import { sleep, waitFor } from '../wait';
import type { PodDeletion } from './kubelet';

const SIDECAR_PORT = 8081;
const KUBELET_PORT = 8082;
/** Docker waits longer and longer before it starts a container again that lived for less than 10 s. */
const BACK_MS = 60_000;
const BETWEEN_MS = 2000;

interface Options {
  readonly gateway: string;
  readonly pods: readonly string[];
  readonly journals: readonly string[];
  readonly rollouts: number;
  readonly getRate: number;
  readonly postRate: number;
  readonly uploads: number;
  readonly uploadMb: number;
  readonly uploadRate: number;
  readonly seed: number;
}

function parseOptions(argv: readonly string[]): Options {
  const number = (flag: string, text: string, standard: number) =>
    new Option(`${flag} <n>`, text).default(standard).argParser((given) => {
      const value = Number(given);
      if (given.trim() === '' || !(value >= 0)) {
        throw new DrainError('BAD_OPTIONS', `${flag} ${given}: must be a number, 0 or more`);
      }
      return value;
    });
  return new Command('docker compose run --rm roll')
    .description('Rolls the pods under load and prints what clients saw.')
    .addOption(number('--rollouts', 'rollouts of all pods', 3))
    .addOption(number('--get-rate', 'GETs per second', 100))
    .addOption(number('--post-rate', 'small POSTs per second', 50))
    .addOption(number('--uploads', 'uploads at once', 4))
    .addOption(number('--upload-mb', 'size of an upload, in 10^6 bytes', 50))
    .addOption(number('--upload-rate', 'bytes/s of each upload; 0: as fast as it goes', 0))
    .addOption(number('--seed', 'seed of the load', 1))
    .requiredOption('--gateway <url>', 'where clients go')
    .requiredOption('--pods <host...>', 'hosts of the pods')
    .option('--journals <file...>', "the runtimes' RT_JOURNAL files", [])
    .parse(argv, { from: 'user' })
    .opts<Options>();
}

interface PodStatus {
  readonly incarnation: string;
  readonly target: string;
}

async function statusOf(pod: string): Promise<PodStatus> {
  const { body } = await httpGet(`http://${pod}:${SIDECAR_PORT}/status`, { timeoutMs: 1000 });
  return JSON.parse(body) as PodStatus;
}

async function isReady(pod: string): Promise<boolean> {
  const { status } = await httpGet(`http://${pod}:${SIDECAR_PORT}/readyz`, { timeoutMs: 1000 });
  return status === 200;
}

function deletePod(pod: string): Promise<PodDeletion> {
  return new Promise((resolve, reject) => {
    const url = `http://${pod}:${KUBELET_PORT}/delete`;
    const request = http.request(url, { method: 'POST' }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(body) as PodDeletion);
        else reject(new DrainError('ROLL_FAILED', `${pod} was not deleted: ${body}`));
      });
    });
    request.on('error', reject);
    request.end();
  });
}

/** Deletes the pod and waits until its next life serves. Returns one line of what happened. */
async function replacePod(pod: string): Promise<string> {
  const { incarnation, target } = await statusOf(pod);
  const { hook, killed, totalMs } = await deletePod(pod);
  const returned = async (): Promise<boolean> =>
    (await isReady(pod)) && (await statusOf(pod)).incarnation !== incarnation;
  await waitFor(`${pod} to serve again`, returned, { timeoutMs: BACK_MS, everyMs: 100 });
  const unknownExit = { code: null, signal: null };
  const deletion = { pod, target, hook, runtimeExit: unknownExit, killed: killed.length > 0 };
  const drain = drainFigures({ ...deletion, totalMs });
  return (
    `${pod}: ${drain?.outcome ?? 'no hook'}, drained in ${ms(drain?.totalMs)}, acked by ${drain?.gateways ?? 0} ` +
    `gateway(s) in ${ms(drain?.ackMs)}, ${ms(drain?.afterLastByteMs)} past the last byte, gone after ${ms(totalMs)}` +
    (killed.length > 0 ? `, KILLED: ${killed.join(', ')}` : '')
  );
}

const ms = (value = 0): string => `${Math.round(value)} ms`;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const { gateway, pods, rollouts, journals, ...rates } = options;
  for (const pod of pods) {
    await waitFor(`${pod} to serve`, () => isReady(pod), { timeoutMs: BACK_MS, everyMs: 100 });
  }
  const load = startLoad({ ...rates, urls: [gateway], journals: () => journals });
  load.on('failure', ({ sort, kind }) => console.log(`a client's ${sort} failed: ${kind}`));
  await waitFor('the load to flow', () => load.snapshot().requests >= options.getRate);

  for (let rollout = 1; rollout <= rollouts; rollout++) {
    console.log(`rollout ${rollout} of ${rollouts}`);
    for (const pod of pods) {
      await sleep(BETWEEN_MS);
      console.log(`  ${await replacePod(pod)}`);
    }
  }
  await sleep(BETWEEN_MS);
  const { requests, failed, uploads, cut, corrupt } = await load.stop();
  console.log(
    `${failed} of ${requests} requests failed, ${cut} of ${uploads} uploads cut, ${corrupt} corrupt.`,
  );
  return failed + cut + corrupt > 0 ? 1 : 0;
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exit(1);
  },
);
