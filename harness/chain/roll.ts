/**
 * Owns how the instances of a layer are replaced, one after the other, in both modes of the fleet.
 * Invariant (drain mode): an instance is told to quit only when nobody sends to it any more, or when the bound has passed
 * that its own time-outs set; nothing is cut by its end.
 * Plain mode is what a restart by the service manager does: nobody is told beforehand, and what is not done after five
 * seconds is killed (Debian's nginx.service: --retry QUIT/5); Kong gets `kong stop`.
 */
import { waitFor } from '../wait';
import { gatewayListen, type Chain } from './chain';
import { connectionsTo } from './connections';
import type { LayerA, LayerB } from './layers';

export type Layer = 'a' | 'b' | 'c';

export interface RollOptions {
  readonly say?: (text: string) => void;
}

/** Until then A has closed every idle connection (its keepalive_timeout); what is left are requests, which quit awaits. */
const IDLE_MS = 80_000;
/** worker_shutdown_timeout of the models: then nginx ends in any case. */
const QUIT_MS = 15 * 60_000;
const PLAIN_QUIT_MS = 5000;
const EVERY_MS = 100;

/** Replaces every A, every B or every gateway. Rejects if a new instance does not come up. */
export async function rollLayer(
  chain: Chain,
  layer: Layer,
  { say = () => undefined }: RollOptions = {},
): Promise<void> {
  const drains = chain.fleet.options.mode === 'drain';
  if (layer === 'a') {
    for (const a of chain.a) await (drains ? replaceA(chain, a, say) : restart(a, say));
  } else if (layer === 'b') {
    for (const b of chain.b) await (drains ? replaceB(chain, b, say) : restart(b, say));
  } else {
    await (drains ? replaceGateways(chain, say) : restartGateways(chain, say));
  }
}

type Say = (text: string) => void;

async function restart({ nginx }: LayerA | LayerB, say: Say): Promise<void> {
  say(`${nginx.name} is restarted`);
  await nginx.quit(PLAIN_QUIT_MS);
  await nginx.start();
}

async function replaceA({ balancer }: Chain, { nginx, flag }: LayerA, say: Say): Promise<void> {
  const { name } = nginx;
  say(`${name}: the balancer sends no new connection, ${name} says "Connection: close"`);
  await balancer.setState(name, 'drain');
  flag('leaving', 'there');
  await untilNone(say, `connections of clients to ${name}`, () => balancer.sessions(name));
  say(`${name} quits`);
  await nginx.quit(QUIT_MS);
  flag('leaving', 'gone');
  await nginx.start();
  await balancer.setState(name, 'ready');
  await balancer.untilUp(name);
}

async function replaceB({ a }: Chain, { nginx, listen, outFlag }: LayerB, say: Say): Promise<void> {
  const { name } = nginx;
  say(`${name}: every A sends its requests past it`);
  for (const { flag } of a) flag(outFlag, 'there');
  const pids = a.flatMap(({ nginx }) => nginx.pids());
  await untilNone(say, `connections of A to ${name}`, () => connectionsTo(listen, pids));
  say(`${name} quits`);
  await nginx.quit(QUIT_MS);
  await nginx.start();
  for (const { flag } of a) flag(outFlag, 'gone');
}

async function replaceGateways({ fleet, b }: Chain, say: Say): Promise<void> {
  for (const old of [...fleet.gateways]) {
    const added = await fleet.addGateway();
    const staying = fleet.gateways.filter((gateway) => gateway !== old);
    say(`${old.name}: every B sends new connections to ${added.name} and the others`);
    for (const { nginx, setGateways } of b) {
      setGateways(staying.map(gatewayListen));
      await nginx.reload();
    }
    const pids = b.flatMap(({ nginx }) => nginx.pids());
    await untilNone(say, `connections of B to ${old.name}`, () =>
      connectionsTo(gatewayListen(old), pids),
    );
    say(`${old.name} quits`);
    await fleet.removeGateway(old, 'quit');
  }
}

async function restartGateways({ fleet, b }: Chain, say: Say): Promise<void> {
  for (const old of [...fleet.gateways]) {
    const added = await fleet.addGateway();
    say(`${old.name} is stopped, ${added.name} takes its place`);
    await fleet.removeGateway(old, 'stop');
    for (const { nginx, setGateways } of b) {
      setGateways(fleet.gateways.map(gatewayListen));
      await nginx.reload();
    }
  }
}

async function untilNone(say: Say, what: string, count: () => Promise<number>): Promise<void> {
  let last = 0;
  await waitFor(`no ${what}`, async () => (last = await count()) === 0, {
    timeoutMs: IDLE_MS,
    everyMs: EVERY_MS,
  }).catch((error: unknown) => {
    // Unless they could not be counted.
    if (last === 0) throw error;
    say(`${last} ${what} are still there: requests, which its quit awaits`);
  });
}
