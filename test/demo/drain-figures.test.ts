import { drainFigures } from '../../harness/demo/drain-figures';
import type { Deletion } from '../../harness/kubelet';

const answer = {
  target: '127.1.0.3:8080',
  outcome: 'released',
  totalMs: 812.5,
  ackMs: 14.2,
  afterLastByteMs: 31,
  gateways: [
    { name: 'gw-1', ackMs: 9 },
    { name: 'gw-2', ackMs: 14.2 },
  ],
  timeline: [],
  cut: [],
};

function deletion(hook: Deletion['hook']): Deletion {
  return {
    pod: 'rt-3',
    target: '127.1.0.3:8080',
    hook,
    runtimeExit: { code: 0, signal: null },
    killed: false,
    totalMs: 1000,
  };
}
const answered = (body: unknown) => deletion({ ok: true, status: 200, body, ms: 815 });

test("the hook's answer becomes the figures of the JSON, gateways as their number", () => {
  expect(drainFigures(answered(answer))).toEqual({
    target: '127.1.0.3:8080',
    totalMs: 812.5,
    afterLastByteMs: 31,
    ackMs: 14.2,
    gateways: 2,
    outcome: 'released',
  });
});

test('a drain that no gateway acked took all its time for that', () => {
  const figures = drainFigures(answered({ ...answer, outcome: 'cut', ackMs: null }));
  expect(figures).toMatchObject({ outcome: 'cut', ackMs: 812.5 });
});

test('a hook that failed or answered nonsense is a cut drain, not a missing one', () => {
  const cut = { target: '127.1.0.3:8080', outcome: 'cut', gateways: 0 };
  const failed = deletion({ ok: false, status: undefined, body: 'ECONNREFUSED', ms: 2 });
  expect(drainFigures(failed)).toMatchObject({ ...cut, totalMs: 2 });
  expect(drainFigures(answered('<html>'))).toMatchObject({ ...cut, totalMs: 815 });
});

test('a pod without hook has no drain', () => {
  expect(drainFigures(deletion(null))).toBeUndefined();
});
