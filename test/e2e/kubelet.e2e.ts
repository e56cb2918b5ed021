/** What users of other drainers report, and the hook's own surface: tokens, joined calls, signals, restarts, reused IPs. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { podAddress } from '../../harness/addresses';
import type { Gateway } from '../../harness/gateway/gateway';
import type { Pod } from '../../harness/pod';
import { waitFor } from '../../harness/wait';
import type { SidecarStatus } from '../../sidecar/sidecar';
import type { DrainSummary } from '../../sidecar/timeline';
import { announceTarget } from './support/announced';
import { drained, expectAnsweredAfter, LEASE_MS, shortDeadline } from './support/drained';
import { Eye } from './support/eye';
import { sharedFleet, untilRouting } from './support/fleet';
import { linesWith, metric } from './support/log';
import { pin } from './support/pinned';
import { ask, begin } from './support/request';
import { expectOnlyKongsOwn, expectUnharmed, underLoad } from './support/under-load';

const HOOK = 'hook-token';
const OPERATOR = 'operator-token';
const IDLE_QUIET_MS = 1000;

let eye: Eye;
let gateway: Gateway;
const fleet = sharedFleet(
  {
    ...shortDeadline,
    pods: 3,
    runtimeEnv: { RT_FAULTS: '1' },
    sidecarEnv: {
      ...shortDeadline.sidecarEnv,
      DRAIN_HOOK_TOKEN: HOOK,
      DRAIN_OPERATOR_TOKEN: OPERATOR,
      DRAIN_IDLE_QUIET_MS: `${IDLE_QUIET_MS}`,
    },
  },
  (fleet) => {
    eye = new Eye(fleet.redis!.url);
    gateway = fleet.gateways[0]!;
    return () => eye.close();
  },
);

afterEach(async () => {
  while (fleet().pods().length < 3) await fleet().addPod();
  await untilRouting(fleet());
});

const withToken = { 'x-drain-token': HOOK };
const callHook = (pod: Pod, method = 'GET') =>
  ask(`${pod.sidecarUrl}/drain`, { method, headers: withToken });
const summaryOf = ({ body }: { body: string }) => JSON.parse(body) as DrainSummary;

describe('the hook', () => {
  test('with no or a wrong token drains nothing: 403, a loud log line and a metric', async () => {
    const [pod] = fleet().pods();
    for (const headers of [{}, { 'x-drain-token': 'wrong-token' }]) {
      const { status, body } = await ask(`${pod!.sidecarUrl}/drain`, { headers });
      expect(status).toBe(403);
      expect(body).toContain('BAD_HOOK_TOKEN');
    }
    const lines = await waitFor('both lines', () => {
      const written = linesWith(pod!.sidecar!.logFile, 'refused: wrong or missing token');
      return written.length >= 2 && written;
    });
    expect(lines.map((line) => (JSON.parse(line) as { level: number }).level)).toEqual([50, 50]);
    expect(await metric(`${pod!.sidecarUrl}/metrics`, 'drain_refused_calls_total')).toBe(2);
    expect(await eye.target(pod!.target)).toMatchObject({ state: 'serving' });
  });

  test('and every other call, SIGTERM too, join the one drain and get its summary', async () => {
    const { pod, endedMs } = await pin(fleet(), gateway, eye, 2000);
    const first = callHook(pod);
    await eye.untilTarget(pod.target, 'draining');
    const others = [callHook(pod), callHook(pod, 'POST'), callHook(pod)];
    pod.sidecar!.signal('SIGTERM');
    const summary = summaryOf(await first);
    expectAnsweredAfter(performance.now(), await endedMs);
    for (const other of await Promise.all(others)) expect(summaryOf(other)).toEqual(summary);
    expect(summary).toMatchObject({ by: 'hook', outcome: 'released' });
    await pod.sidecar!.exited;
    await fleet().deletePod(pod, { hook: 'none' });
  });

  test('refused (no sidecar there): SIGTERM comes at once, the runtime finishes, retries go to other pods', async () => {
    const [pod] = fleet().pods();
    await pod!.sidecar!.stop({ signal: 'SIGKILL' });
    const result = await underLoad(fleet(), async () => {
      const fromMs = Date.now();
      const { hook, runtimeExit } = await fleet().deletePod(pod!);
      expect(hook).toMatchObject({ ok: false });
      expect(runtimeExit).toEqual({ code: 0, signal: null });
      await eye.untilTarget(pod!.target, 'gone', LEASE_MS + 3000);
      stops.push({ fromMs, untilMs: Date.now() });
    });
    expectOnlyKongsOwn(result, stops);
    expect(result.failed).toBeLessThan(5);
  });
  const stops: { fromMs: number; untilMs: number }[] = [];
});

describe('SIGTERM', () => {
  test('to the sidecar starts the drain, and the process stays until it is over', async () => {
    const { pod, endedMs } = await pin(fleet(), gateway, eye, 2000);
    pod.sidecar!.signal('SIGTERM');
    const record = await eye.untilTarget(pod.target, 'draining');
    expect(record.by).toBe('signal');
    expect(pod.sidecar!.alive()).toBe(true);
    const exit = await pod.sidecar!.exited;
    expectAnsweredAfter(performance.now(), await endedMs);
    expect(exit).toEqual({ code: 0, signal: null });
    await fleet().deletePod(pod, { hook: 'none' });
  });

  test.each(['native', 'plain'] as const)(
    'as the kubelet sends it to a %s sidecar: the pod’s last request is answered, nothing is killed',
    async (sidecarKind) => {
      const { pod, endedMs } = await pin(fleet(), gateway, eye, 1500);
      const result = await underLoad(fleet(), async () => {
        const { summary, deletion, answeredMs } = await drained(fleet(), pod, { sidecarKind });
        expect(summary).toMatchObject({ outcome: 'released' });
        expectAnsweredAfter(answeredMs, await endedMs);
        expect(deletion.killed).toBe(false);
      });
      expectUnharmed(result);
    },
  );
});

test('a plain sidecar’s hook that comes when the drain that SIGTERM began is over gets its summary', async () => {
  const [pod] = fleet().pods();
  pod!.sidecar!.signal('SIGTERM');
  await eye.untilTarget(pod!.target, 'gone');
  const { status, body } = await callHook(pod!);
  expect(status).toBe(200);
  expect(summaryOf({ body })).toMatchObject({ by: 'signal', outcome: 'released' });
  expect(await pod!.sidecar!.exited).toEqual({ code: 0, signal: null });
  await fleet().deletePod(pod!, { hook: 'none' });
});

test('a runtime that goes on passing its probe after its drain does not serve again', async () => {
  const [pod] = fleet().pods();
  expect(summaryOf(await callHook(pod!))).toMatchObject({ outcome: 'released' });
  const released = await eye.target(pod!.target);
  expect(released).toMatchObject({ state: 'gone' });
  // Each change shows that the probe has come by; the last, that what followed the pass before it is over.
  for (const health of [false, true, false]) {
    const body = JSON.stringify({ health });
    expect((await ask(`http://${pod!.target}/fault`, { method: 'POST', body })).status).toBe(200);
    await waitFor(`the probe to say ${health}`, async () => {
      const told = JSON.parse((await ask(`${pod!.sidecarUrl}/status`)).body) as SidecarStatus;
      return told.healthy === health;
    });
  }
  expect(await eye.target(pod!.target)).toEqual(released);
  await fleet().deletePod(pod!, { hook: 'none' });
});

test('a liveness restart: hook, SIGTERM and a new runtime in the same pod, which then serves again', async () => {
  const [pod] = fleet().pods();
  const before = await eye.target(pod!.target);
  const result = await underLoad(fleet(), async () => {
    expect(summaryOf(await callHook(pod!))).toMatchObject({ outcome: 'released' });
    pod!.runtime.signal('SIGTERM');
    await pod!.runtime.exited;
    pod!.restartRuntime();
    const after = await eye.untilTarget(pod!.target, 'serving', 15_000);
    expect(after.fence).toBeGreaterThan(before!.fence);
    await untilRouting(fleet());
    // And the next hook is a drain of its own.
    const next = await drained(fleet(), pod!);
    expect(next.summary).toMatchObject({ outcome: 'released' });
    expect(next.summary.timeline.length).toBeGreaterThan(1);
  });
  expectUnharmed(result);
});

describe('connections of strangers', () => {
  const opened: Socket[] = [];
  afterEach(() => {
    for (const socket of opened.splice(0)) socket.destroy();
  });

  async function stranger(pod: Pod, number: number): Promise<Socket> {
    const [host, port] = pod.target.split(':');
    const localAddress = `127.9.0.${number}`;
    const socket = connect({ host: host!, port: Number(port), localAddress, allowHalfOpen: true });
    socket.on('error', () => undefined);
    opened.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  test('that idle, are half closed, or never said a word hold the drain for their quiet time at most', async () => {
    const [pod] = fleet().pods();
    const [idle, half] = [await stranger(pod!, 1), await stranger(pod!, 2)];
    await stranger(pod!, 3);
    idle.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    half.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await Promise.all([once(idle, 'data'), once(half, 'data')]);
    half.end();
    const { summary } = await drained(fleet(), pod!);
    expect(summary.outcome).toBe('released');
    expect(summary.totalMs).toBeLessThan(IDLE_QUIET_MS + 1000);
  });

  test('that wait for their answer are waited for', async () => {
    const [pod] = fleet().pods();
    // Several: the kernel's times, in ticks, hide of some that their request came after the connect.
    const direct = Array.from({ length: 10 }, (_, i) => {
      const request = begin(`http://${pod!.target}/slow?ms=2500`, { localAddress: `127.9.1.${i}` });
      request.end();
      return request.answer.then(() => performance.now());
    });
    const endedMs = Promise.all(direct).then((times) => Math.max(...times));
    await waitFor('them to arrive', async () =>
      (await ask(`http://${pod!.target}/inflight`)).body.includes('"requests":10'),
    );
    const { summary, answeredMs } = await drained(fleet(), pod!);
    expect(summary.outcome).toBe('released');
    expectAnsweredAfter(answeredMs, await endedMs);
  });
});

describe('a pod’s address used again', () => {
  test('while the entry of the pod that crashed there still lives: the new pod serves, the old one has no say', async () => {
    const [old] = fleet().pods();
    const before = (await eye.target(old!.target))!;
    await old!.runtime.stop({ signal: 'SIGKILL' });
    await old!.sidecar!.stop({ signal: 'SIGKILL' });
    await fleet().deletePod(old!, { hook: 'none' });
    const pod = await fleet().addPod(old!.number);
    const after = await waitFor('the new pod’s record', async () => {
      const record = await eye.target(pod.target);
      return record?.state === 'serving' && record.fence > before.fence && record;
    });
    const { incarnation, fence } = before;
    const { status } = await eye.pool.announce({
      ...{ id: old!.target, incarnation, fence, serial: 1e6, seenEpoch: 0, leaseMs: LEASE_MS },
      state: 'gone',
      why: 'unhealthy',
    });
    expect(status).toBe('stale');
    expect(await eye.target(pod.target)).toMatchObject(after);
  });

  test('after the pod there was drained and released: the new one serves at once', async () => {
    const [old] = fleet().pods();
    await drained(fleet(), old!);
    const startMs = performance.now();
    const pod = await fleet().addPod(old!.number);
    await untilRouting(fleet());
    expect(performance.now() - startMs).toBeLessThan(10_000);
    const result = await underLoad(fleet(), async () => {
      await waitFor('requests there', async () => pod.target in (await eye.inFlight(gateway.name)));
    });
    expectUnharmed(result);
  });
});

test('with two dead addresses in the pool, every request finds a pod that lives: retries never stick to a dead one', async () => {
  const dead = [
    await announceTarget(eye.pool, `${podAddress(901)}:8080`),
    await announceTarget(eye.pool, `${podAddress(902)}:8080`),
  ];
  try {
    const epoch = Math.max(...dead.map(({ epoch }) => epoch));
    await waitFor(
      'the gateway’s ack',
      async () => (await eye.report(gateway.name))!.epoch >= epoch,
    );
    const retries = 'drain_kong_events_total{event="retries"}';
    const before = await metric(gateway.metricsUrl!, retries);
    // Uploads too: nothing was sent to the dead ones, so nginx repeats any method.
    const result = await underLoad(fleet(), async () => {
      await waitFor('retries', async () => (await metric(gateway.metricsUrl!, retries)) > before);
      const seen = await metric(gateway.metricsUrl!, retries);
      await waitFor(
        'the ejected to be tried again',
        async () => (await metric(gateway.metricsUrl!, retries)) > seen,
      );
    });
    expectUnharmed(result);
  } finally {
    for (const target of dead) await target.withdraw();
  }
});

describe('an operator', () => {
  const order = (pod: Pod, act: string, token?: string) =>
    ask(`${pod.sidecarUrl}/operator/${act}`, {
      method: 'POST',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });

  test.each([[undefined], ['wrong-token'], [HOOK]])('with token %s is refused', async (token) => {
    const [pod] = fleet().pods();
    expect((await order(pod!, 'drain', token)).status).toBe(401);
    expect((await order(pod!, 'undrain', token)).status).toBe(401);
    expect(await eye.target(pod!.target)).toMatchObject({ state: 'serving' });
  });

  test('with the token takes a pod out of service and back, and no request is lost', async () => {
    const [pod] = fleet().pods();
    const result = await underLoad(fleet(), async () => {
      expect((await order(pod!, 'drain', OPERATOR)).status).toBe(200);
      const { epoch } = await eye.untilTarget(pod!.target, 'draining');
      await waitFor('the pod to be empty', async () => {
        const report = (await eye.report(gateway.name))!;
        return report.epoch >= epoch && (report.holding[pod!.target] ?? 0) === 0;
      });
      expect((await order(pod!, 'undrain', OPERATOR)).status).toBe(200);
      await eye.untilTarget(pod!.target, 'serving');
      await waitFor(
        'requests there',
        async () => pod!.target in (await eye.inFlight(gateway.name)),
      );
    });
    expectUnharmed(result);
  });
});
