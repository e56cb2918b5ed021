/** The promise itself: a fleet rolls under load and nothing is failed, cut or corrupt, whatever the Service is like. */
import type { FleetOptions } from '../../../harness/fleet-options';
import { startClientMachine } from '../../../harness/client-machine';
import type { LoadResult } from '../../../load/result';
import type { Rollout } from '../../../harness/rollout';
import { withFleet } from '../support/fleet';
import { expectUnharmed } from '../support/under-load';

const variants: [string, Partial<FleetOptions>][] = [
  ['with two gateways and three pods', { gateways: 2, pods: 3 }],
  ['with HTTPS runtimes', { https: true }],
  ['with bodies streamed to the pods (request_buffering: false)', { unbuffered: true }],
  ['with retries: 0 and preserve_host', { retries: 0, preserveHost: true }],
  [
    'with late_binding: false, plain sidecars and an external plugin server',
    { drain: { late_binding: false }, sidecarKind: 'plain', pluginServer: 'external' },
  ],
];

test.each(variants)('%s: nothing failed, cut or corrupt', async (_, options) => {
  await withFleet({ mode: 'drain', ...options }, async (fleet) => {
    const load = await startClientMachine({
      urls: fleet.gateways.map(({ proxyUrl }) => proxyUrl),
      // Modest, as two busy cores carry clients, gateways and runtimes; HTTPS costs them most.
      ...{ getRate: 60, postRate: 25, uploads: 2, uploadMb: 12, uploadRate: 12_000_000 },
      journals: () => fleet.allPods().map(({ journalFile }) => journalFile),
    });
    let rollout: Rollout;
    let result: LoadResult;
    try {
      rollout = await fleet.roll();
    } finally {
      result = await load.stop();
    }
    expectUnharmed(result);
    expect(result.uploads).toBeGreaterThan(2);
    for (const { hook, killed, runtimeExit } of rollout.deletions) {
      expect(hook).toMatchObject({ ok: true, body: { outcome: 'released', blind: false } });
      expect(killed).toBe(false);
      expect(runtimeExit).toEqual({ code: 0, signal: null });
    }
  });
});
