/** A gateway that quits gracefully: it takes part in every drain until its last client is gone, and then in none. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Gateway } from '../../../harness/gateway/gateway';
import { waitFor } from '../../../harness/wait';
import { drained, expectAnsweredAfter, shortDeadline } from '../support/drained';
import { Eye } from '../support/eye';
import { sharedFleet, untilRouting } from '../support/fleet';
import { pin } from '../support/pinned';
import { begin } from '../support/request';

// A lease as people have it: a drain that waits for one to end is told from one that does not.
const LEASE_MS = 5000;
const lease = { DRAIN_RENEW_MS: '500', DRAIN_LEASE_MS: `${LEASE_MS}` };
/** Only where Kong has not to end its plugin server itself. */
const overFile = path.join(tmpdir(), `drain-over-${process.pid}`);
const told = { external: { ...lease, DRAIN_OVER_FILE: overFile }, started: lease };
const grace = { graceSeconds: 22, sidecarEnv: { ...shortDeadline.sidecarEnv, ...lease } };

let eye: Eye;

describe.each(['started', 'external'] as const)('with a plugin server %s', (pluginServer) => {
  const fleet = sharedFleet(
    {
      ...shortDeadline,
      ...grace,
      gatewayEnv: told[pluginServer],
      pods: 2,
      gateways: 1,
      pluginServer,
    },
    (fleet) => {
      eye = new Eye(fleet.redis!.url);
      return () => {
        rmSync(overFile, { force: true });
        return eye.close();
      };
    },
  );

  /** A gateway that has been asked to quit, and no longer accepts anyone. */
  async function quitting(gateway: Gateway): Promise<{ ended: Promise<void> }> {
    const ended = fleet().removeGateway(gateway);
    const url = new URL(gateway.proxyUrl);
    await waitFor('its listeners to close', async () => {
      const probe = begin(url.href);
      probe.end();
      return probe.answer.then(
        () => false,
        (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED',
      );
    });
    return { ended };
  }

  test('a drain waits for what it has in flight, to the millisecond, and not for its lease', async () => {
    const gateway = await fleet().addGateway();
    // At once, so that on a busy machine both drains begin before the request ends.
    await Promise.all([fleet().addPod(), fleet().addPod()]);
    await untilRouting(fleet());
    const { pod, endedMs } = await pin(fleet(), gateway, eye, 6000);
    const idle = fleet()
      .pods()
      .find((other) => other !== pod)!;
    const { ended } = await quitting(gateway);

    const first = await drained(fleet(), idle);
    expect(first.summary).toMatchObject({ outcome: 'released', blind: false });
    expect(first.summary.gateways.map(({ name, lost }) => ({ name, lost }))).toContainEqual({
      name: gateway.name,
      lost: false,
    });
    expect(first.summary.totalMs).toBeLessThan(LEASE_MS / 2);

    const second = await drained(fleet(), pod);
    expect(second.summary).toMatchObject({ outcome: 'released', blind: false });
    expectAnsweredAfter(second.answeredMs, await endedMs);
    expect(second.answeredMs - (await endedMs)).toBeLessThan(LEASE_MS / 2);
    await ended;
  });

  test('an upload in its buffer is bound by the view of its last byte, and then it leaves the registry', async () => {
    const gateway = await fleet().addGateway();
    await untilRouting(fleet());
    const half = Buffer.alloc(100_000, 'half');
    const headers = { 'content-length': 2 * half.length, expect: '100-continue' };
    const upload = begin(`${gateway.proxyUrl}/upload`, { method: 'POST', headers });
    await upload.continued;
    upload.send(half);
    const { ended } = await quitting(gateway);

    const before = fleet().pods();
    const { deletions } = await fleet().roll();
    for (const { hook } of deletions) {
      expect(hook).toMatchObject({ body: { outcome: 'released', blind: false } });
      expect(hook!.ms).toBeLessThan(LEASE_MS / 2);
    }
    expect(existsSync(overFile)).toBe(false);
    upload.end(half);
    const { status, body } = await upload.answer;
    expect(status).toBe(200);
    const { pod } = JSON.parse(body) as { pod: string };
    expect(before.map(({ name }) => name)).not.toContain(pod);

    await ended;
    if (pluginServer === 'external') {
      // So that a preStop hook which waits for the file ends before its container does.
      expect(Date.now() - statSync(overFile).mtimeMs).toBeGreaterThan(1500);
    }
    expect(await eye.report(gateway.name)).toMatchObject({ left: true });
    await fleet().addPod();
    const { summary } = await drained(fleet(), fleet().pods()[0]!);
    expect(summary).toMatchObject({ outcome: 'released', blind: false });
    expect(summary.gateways.map(({ name }) => name)).toEqual([fleet().gateways[0]!.name]);
    expect(summary.totalMs).toBeLessThan(LEASE_MS / 2);
  });
});
