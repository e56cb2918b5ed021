import { stripVTControlCharacters } from 'node:util';
import { draw } from '../../harness/demo/draw';
import type { Scene } from '../../harness/demo/scene';
import { resultTable } from '../../harness/demo/table';

const counts = {
  ...{ requests: 100, failed: 3, uploads: 5, cut: 1, corrupt: 0, gets: 60, posts: 40 },
  errors: { 'reset-sent': 1, '502': 3 },
  ...{ getFailed: {}, postFailed: {}, uploadFailed: {} },
};
const scene: Scene = {
  title: 'ACKNOWLEDGED DRAIN',
  elapsedMs: 12_340,
  load: {
    ...counts,
    inFlight: 2,
    uploadsInFlight: Array.from({ length: 10 }, (_, number) => ({
      ...{ number, gateway: 'http://127.0.0.1:8000', sentBytes: number * 5e6, totalBytes: 50e6 },
    })),
  },
  pods: [
    { name: 'rt-1', phase: 'draining', ageMs: 9000, phaseMs: 400, heldBy: ['gw-1 (1 in flight)'] },
    { name: 'rt-2', phase: 'serving', ageMs: 9000, phaseMs: 9000, heldBy: [] },
  ],
  gateways: [{ name: 'gw-1', acked: { epoch: 7, poolEpoch: 8 }, holding: 1 }, { name: 'gw-2' }],
  events: ['the latest', 'the one before', 'the oldest'],
};
const text = (columns: number, rows: number) =>
  draw(scene, columns, rows).map((line) => stripVTControlCharacters(line));

test('a scene shows counts, pods with their holders, acks, uploads and the latest events', () => {
  const picture = text(100, 40).join('\n');
  for (const part of [
    'ACKNOWLEDGED DRAIN   12.3 s',
    'failed 3',
    '502: 3, reset-sent: 1',
    'rt-1    draining     age   9.0 s for 0.4 s  held by gw-1 (1 in flight)',
    'gw-1    behind epoch 7 of 8',
    '25.0 MB sent',
    'and 2 more',
    'the oldest',
  ]) {
    expect(picture).toContain(part);
  }
});

test.each([
  [20, 40],
  [100, 24],
  [100, 3],
])('the picture stays within %d columns and %d rows', (columns, rows) => {
  const lines = text(columns, rows);
  expect(lines.length).toBeLessThanOrEqual(rows);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
});

test('the table puts both runs side by side, with figures of drains only where there are some', () => {
  const report = { ...counts, rollouts: 2, drains: [] };
  const drains = [10, 20].map((ms) => ({
    ...{ target: 't', totalMs: ms, afterLastByteMs: ms / 10, ackMs: ms / 2, gateways: 1 },
    outcome: 'released' as const,
  }));
  const table = resultTable(
    { report, goneMs: [90, 110, 100] },
    { report: { ...report, errors: {}, drains }, goneMs: [200] },
    false,
  );
  expect(table).toMatch(/failed +│ +3 │/);
  expect(table).toMatch(/errors +│ +502: 3, reset-sent: 1 │ +none │/);
  expect(table).toMatch(/pod gone after, median \/ p99 +│ +100 ms \/ 110 ms │ +200 ms \/ 200 ms │/);
  expect(table).toMatch(/acked by all gateways, p99 +│ +– │ +10 ms │/);
});
