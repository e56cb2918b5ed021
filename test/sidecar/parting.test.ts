/** What is unfinished when a drain is answered: closed knowingly, or cut. */
import type { Barrier, Hold, StreamsOf } from '../../core/barrier';
import { parting } from '../../sidecar/parting';

const standing = (holds: readonly Hold[], streams: readonly StreamsOf[]): Barrier => ({
  ...{ clear: holds.length === 0, live: [], lost: [], wholeInMs: 0 },
  ...{ holds, streams },
});
const held = (gateway: string, inFlight: number): Hold => ({ gateway, why: 'in-flight', inFlight });
const streams = (gateway: string, kind: StreamsOf['kind'], clients: number): StreamsOf => ({
  ...{ gateway, kind, path: `/${kind}`, clients, ageMs: 100 },
});

test('where nothing holds, all that streams is closed, downloads of that length too', () => {
  const { closed, cut } = parting(
    standing([], [streams('a', 'websocket', 2), streams('b', 'stream', 1)]),
  );
  expect(cut).toEqual([]);
  expect(closed).toEqual([
    { kind: 'websocket', path: '/websocket', clients: 2, ageMs: 100 },
    { kind: 'stream', path: '/stream', clients: 1, ageMs: 100 },
  ]);
});

test('at the deadline what has no end is closed; uploads, downloads and what a gateway does not say are cut', () => {
  const { closed, cut } = parting(
    standing(
      [held('a', 5), held('b', 2), held('c', 1), { gateway: 'd', why: 'not-acked', ackedEpoch: 1 }],
      [streams('a', 'websocket', 3), streams('a', 'stream', 1), streams('b', 'sse', 2)],
    ),
  );
  expect(closed.map(({ kind, clients }) => [kind, clients])).toEqual([
    ['websocket', 3],
    ['sse', 2],
  ]);
  expect(cut).toEqual([
    held('a', 2),
    held('c', 1),
    { gateway: 'd', why: 'not-acked', ackedEpoch: 1 },
  ]);
});

test('without a word of the registry nothing is called closed', () => {
  expect(parting(undefined)).toEqual({ closed: [], cut: [] });
});
