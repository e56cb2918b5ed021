/** When an agent whose Kong quits has nothing left to do: a Kong that is too busy to answer is not one that is gone. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../core/clock';
import { Agent } from '../../plugin/server/agent';
import { HandoverDesk } from '../../plugin/server/handover-desk';
import { kongSync } from '../../plugin/server/sync-client';
import type { Registry } from '../../registry/registry';

const LEASE_MS = 1500;
const SAID = JSON.stringify({ configured: [], pools: {}, stats: {}, freeBytes: 1 });
const NEVER = 3_600_000;
/** More than one call makes of itself. */
const RESETS = 5;

/** Kong's configuration names no pool. */
const noRegistry: Registry = {
  pool: (name) => {
    throw new Error(`pool ${name}`);
  },
  onConnect: () => undefined,
  close: () => Promise.resolve(),
};

let kong: Server;
let agent: Agent;
let answer: (response: ServerResponse) => void;
let synced: () => void;

beforeEach(async () => {
  answer = (response) => response.end(SAID);
  kong = createServer((_, response) => answer(response));
  kong.listen(0, '127.0.0.1');
  await once(kong, 'listening');
  const url = `http://127.0.0.1:${(kong.address() as AddressInfo).port}/sync`;
  const isSynced = new Promise<void>((resolve) => (synced = resolve));
  agent = new Agent(
    noRegistry,
    kongSync(url, new HandoverDesk(), () => systemClock.nowMs()),
    systemClock,
    { gateway: 'gw', addresses: [], renewMs: NEVER, leaseMs: LEASE_MS, pollMs: 20 },
    { info: () => undefined, warn: () => undefined },
    { synced: () => synced(), syncFailed: () => undefined, poolLeft: () => undefined },
  );
  agent.start();
  await isSynced;
});

afterEach(async () => {
  agent.stop();
  kong.closeAllConnections();
  await new Promise((resolve) => kong.close(resolve));
});

test('it goes on while Kong does not answer, and ends when that says that it serves on', async () => {
  let unanswered = 0;
  answer = (response) => {
    unanswered += 1;
    if (unanswered === RESETS) answer = (next) => next.end(SAID);
    response.destroy();
  };
  await agent.finish();
  expect(unanswered).toBe(RESETS);
});

test('it ends when Kong has not answered for a lease: no view of ours is gone by any more', async () => {
  let asked = 0;
  answer = (response) => {
    asked += 1;
    response.destroy();
  };
  await agent.finish();
  expect(asked).toBeGreaterThan(RESETS);
});

test('it ends when nobody listens any more', async () => {
  kong.closeAllConnections();
  await new Promise((resolve) => kong.close(resolve));
  await agent.finish();
});
