import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readDrainResult } from '../../core/drain-result';
import { parseConfig } from '../../sidecar/config';
import { writeTerminationLog } from '../../sidecar/termination-log';
import type { DrainSummary } from '../../sidecar/timeline';

const env = { DRAIN_POOL: 'rt', DRAIN_HEALTH_URL: 'http://localhost:8080/health' };

test.each([
  [{ DRAIN_TARGET: '10.0.0.1:8080' }, '10.0.0.1:8080'],
  [{ POD_IP: '10.0.0.1', DRAIN_PORT: '8080' }, '10.0.0.1:8080'],
  [{ POD_IP: 'fd00:10:244:0::7', DRAIN_PORT: '8443' }, '[fd00:10:244::7]:8443'],
  [{ DRAIN_TARGET: '[fd00::1]:80', POD_IP: '10.0.0.1', DRAIN_PORT: '1' }, '[fd00::1]:80'],
])('%j is the target %s', (given, id) => {
  expect(parseConfig({ ...env, ...given }).target.id).toBe(id);
});

test.each([[{}], [{ POD_IP: '10.0.0.1' }], [{ DRAIN_PORT: '8080' }]])(
  '%j is no target, and the message says what is missing',
  (given) => {
    expect(() => parseConfig({ ...env, ...given })).toThrow(/give DRAIN_TARGET, or POD_IP and/);
  },
);

test.each([
  [{}, undefined],
  [{ POD_NAME: 'rt-0' }, 'rt-0'],
  [{ POD_NAME: 'rt-0', POD_UID: 'a-b' }, 'rt-0.a-b'],
])('%j names the pod %s in the registry', (given, podId) => {
  const target = { DRAIN_TARGET: '10.0.0.1:8080' };
  expect(parseConfig({ ...env, ...target, ...given }).podId).toBe(podId);
});

test('a drain’s result is left as a termination message that the controller reads', () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'termination-'));
  const file = path.join(dir, 'log');
  const summary: DrainSummary = {
    ...{ pool: 'rt', target: '10.0.0.1:8080', by: 'hook', outcome: 'cut', blind: false },
    ...{ totalMs: 1000, ackMs: null, afterLastByteMs: 5 },
    gateways: [
      { name: 'a', ackMs: 3, lost: false },
      { name: 'b', ackMs: null, lost: true },
    ],
    cutRequests: [
      { gateway: 'a', why: 'in-flight', inFlight: 2 },
      { gateway: 'c', why: 'not-acked', ackedEpoch: 0 },
    ],
    cutConnections: [],
    closed: [{ kind: 'websocket', path: '/ws', clients: 3, ageMs: 70_000 }],
    timeline: Array.from({ length: 500 }, (_, atMs) => ({ atMs, event: 'x'.repeat(50) })),
  };
  writeTerminationLog(file, summary, true);
  const message = readFileSync(file, 'utf8');
  expect(message.length).toBeLessThan(4096);
  expect(readDrainResult(message)).toEqual({
    ...{ outcome: 'cut', by: 'hook', blind: false, totalMs: 1000, ackMs: null },
    ...{ gateways: 2, lost: 1, cutRequests: 2, unacked: 1, cutConnections: 0, closed: 3 },
    hookRefused: true,
  });
  rmSync(dir, { recursive: true });
});

test.each([[undefined], [''], ['Error: out of memory'], ['{"drain":{}}']])(
  'a message such as %j is no result',
  (message) => {
    expect(readDrainResult(message)).toBeUndefined();
  },
);
