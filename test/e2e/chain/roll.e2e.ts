/** The whole chain under load, balancer → A → B → gateways → pods: whichever layer is replaced, clients notice nothing. */
import { randomUUID } from 'node:crypto';
import { startChain, type Chain } from '../../../harness/chain/chain';
import { rollLayer } from '../../../harness/chain/roll';
import { startClientMachine } from '../../../harness/client-machine';
import type { LoadResult } from '../../../load/result';
import { waitFor } from '../../../harness/wait';
import { sharedFleet } from '../support/fleet';
import { ask } from '../support/request';
import { expectUnharmed } from '../support/under-load';

let chain: Chain;
const gatewayEnv = { KONG_TRUSTED_IPS: '127.0.0.0/8' };
const fleet = sharedFleet({ mode: 'drain', pods: 2, gateways: 2, gatewayEnv }, async (fleet) => {
  chain = await startChain(fleet);
  return () => chain.stop();
});

/** One POST after the other that its pod answers only after two seconds: nobody on the way may repeat it. */
async function postSlowly(signal: AbortSignal): Promise<number[]> {
  const statuses: number[] = [];
  while (!signal.aborted) {
    const headers = { 'x-request-id': randomUUID() };
    const answer = ask(`${chain.url}/echo?ms=2000`, { method: 'POST', headers });
    statuses.push(await answer.then(({ status }) => status).catch(() => 0));
  }
  return statuses;
}

/** GETs, POSTs with ids, and uploads, every second one of a client that needs seconds for it. */
async function underLoad(act: () => Promise<unknown>): Promise<LoadResult> {
  const load = await startClientMachine({
    urls: [chain.url],
    insecure: true,
    ...{ getRate: 60, postRate: 30, idleMs: 1500 },
    ...{ uploads: 3, uploadMb: 2, uploadRate: 4_000_000, slowShare: 0.5, slowRate: 600_000 },
    journals: () =>
      fleet()
        .allPods()
        .map(({ journalFile }) => journalFile),
  });
  const ending = new AbortController();
  const slowPosts = Array.from({ length: 4 }, () => postSlowly(ending.signal));
  const isOk = (status: number): boolean => status === 200;
  try {
    await waitFor('the load', () => load.snapshot().requests > 50);
    await act();
  } finally {
    ending.abort();
    await load.stop();
  }
  expect((await Promise.all(slowPosts)).flat().every(isOk)).toBe(true);
  return load.stop();
}

test('the client’s own address comes through the chain, whatever the client says of it', async () => {
  const headers = { 'x-real-ip': '203.0.113.7', 'x-forwarded-for': '203.0.113.7' };
  const { body } = await ask(`${chain.url}/headers`, { headers, localAddress: '127.0.0.77' });
  const seen = (JSON.parse(body) as { headers: Record<string, string> }).headers;
  expect(seen['x-real-ip']).toBe('127.0.0.77');
});

const rolls: [string, () => Promise<unknown>][] = [
  ['A, layer 7,', () => rollLayer(chain, 'a')],
  ['B, layer 4,', () => rollLayer(chain, 'b')],
  ['C, the gateways,', () => rollLayer(chain, 'c')],
  ['D, the pods,', () => fleet().roll()],
];

test.each(rolls)('while %s is replaced nothing is failed, cut or corrupt', async (_, roll) => {
  const result = await underLoad(roll);
  expectUnharmed(result);
  expect(result.uploads).toBeGreaterThan(2);
});
