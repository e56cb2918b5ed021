/** What is excused as Kong's own, and what never is. */
import { lostByUs, type Stopped } from '../../../harness/soak/verdict';
import type { Failure } from '../../../load/result';
import type { DrainSummary } from '../../../sidecar/timeline';

const failure = (over: Partial<Failure> = {}): Failure => ({
  ...{ atMs: 10_500, fromMs: 10_400, sort: 'post', kind: '502', gateway: 'http://127.0.0.1' },
  ...{ reusedConnection: true },
  ...over,
});

/** A pod that stops from 10 to 11 s after such a drain. */
const stop = (summary: Partial<DrainSummary>): Stopped => ({
  ...{ fromMs: 10_000, untilMs: 11_000 },
  deletion: {
    ...{ pod: 'rt-1', target: '127.1.0.1:8080', runtimeExit: { code: 0, signal: null } },
    ...{ killed: false, totalMs: 1000 },
    hook: {
      ...{ ok: true, status: 200, ms: 900 },
      body: { outcome: 'released', blind: false, gateways: [], timeline: [], ...summary },
    },
  },
});
const gateway = (lost: boolean) => ({ name: 'gw-1', ackMs: null, lost });

test.each([
  ['was blind', { blind: true }],
  ['lost a gateway', { gateways: [gateway(false), gateway(true)] }],
  [
    'met a young registry',
    { timeline: [{ atMs: 1, event: 'registry young: one may be missing' }] },
  ],
])('a POST that met a pod as it stopped after a drain that %s is Kong’s own', (_, summary) => {
  expect(lostByUs([failure()], [stop(summary)])).toEqual([]);
});

test.each([
  ['a GET, which Kong repeats', failure({ sort: 'get' }), [stop({ blind: true })]],
  ['an upload', failure({ sort: 'upload' }), [stop({ blind: true })]],
  ['another failure', failure({ kind: 'reset-sent' }), [stop({ blind: true })]],
  ['no pod stops', failure({ atMs: 11_001 }), [stop({ blind: true })]],
  ['every gateway was asked', failure(), [stop({ gateways: [gateway(false)] })]],
])('%s: it is ours', (_, lost, stopped) => {
  expect(lostByUs([lost], stopped)).toEqual([lost]);
});
