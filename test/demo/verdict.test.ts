import { judge, proves } from '../../harness/demo/verdict';

const nothing = { failed: 0, cut: 0, corrupt: 0 };
const both = { failed: 12, cut: 3, corrupt: 0 };

test('0 when the plain rollout lost requests and uploads and ours nothing', () => {
  const { exitCode, reasons } = judge({ plain: both, drain: nothing });
  expect(exitCode).toBe(0);
  expect(reasons).toEqual([
    'The plain rollout lost 12 requests and 3 uploads; with the drain nothing was lost.',
  ]);
});

test.each([
  [{ failed: 1 }, '1 failed requests'],
  [{ cut: 2 }, '2 cut uploads'],
  [{ corrupt: 3 }, '3 corrupt uploads'],
])('1 when ours has %j', (loss, words) => {
  const { exitCode, reasons } = judge({ plain: both, drain: { ...nothing, ...loss } });
  expect(exitCode).toBe(1);
  expect(reasons).toEqual([`With the drain the rollout lost ${words}.`]);
});

test.each([
  [{ ...both, failed: 0 }, 'without a failed request,'],
  [{ ...both, cut: 0 }, 'without a cut upload,'],
  [nothing, 'without a failed request and a cut upload,'],
])('1 when the plain rollout has %j: the run proves nothing', (plain, words) => {
  const { exitCode, reasons } = judge({ plain, drain: nothing });
  expect(exitCode).toBe(1);
  expect(reasons[0]).toContain(words);
  expect(reasons[0]).toContain('proves nothing');
  expect(proves(plain, 'both')).toBe(false);
});

test('both reasons are told', () => {
  expect(judge({ plain: nothing, drain: both }).reasons).toHaveLength(2);
});

test('in the chain any loss of the plain rollout is a proof, none is not', () => {
  expect(judge({ plain: { ...nothing, cut: 1 }, drain: nothing }, 'anything').exitCode).toBe(0);
  expect(judge({ plain: nothing, drain: nothing }, 'anything').exitCode).toBe(1);
});
