/** What is excused as Kong's own, and what never is. */
import { lostByUs } from '../../../harness/soak/verdict';
import type { Failure } from '../../../load/result';

const failure = (over: Partial<Failure> = {}): Failure => ({
  ...{ atMs: 10_500, fromMs: 10_400, sort: 'post', kind: '502', gateway: 'http://127.0.0.1' },
  ...{ reusedConnection: true },
  ...over,
});
const mishaps = [{ fromMs: 5000, untilMs: 6000 }];
const stops = [{ fromMs: 10_000, untilMs: 11_000 }];

test('a POST that met a stopping pod while Kong may have routed by itself is Kong’s own', () => {
  expect(lostByUs([failure()], mishaps, stops)).toEqual([]);
});

test.each([
  ['a GET, which Kong repeats', failure({ sort: 'get' }), mishaps, stops],
  ['another failure', failure({ kind: 'reset-sent' }), mishaps, stops],
  ['no pod stops', failure({ atMs: 11_001 }), mishaps, stops],
  ['every gateway routes by the registry', failure(), [], stops],
  ['it has long recovered', failure(), [{ fromMs: 0, untilMs: 2000 }], stops],
])('%s: it is ours', (_, lost, during, stopping) => {
  expect(lostByUs([lost], during, stopping)).toEqual([lost]);
});
