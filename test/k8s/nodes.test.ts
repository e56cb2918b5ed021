import { takesPods } from './support/nodes';

const tainted = (effect: string) => ({ taints: [{ key: 'node-role', effect }] });

test.each([
  ['a plain node', {}, true],
  ['a cordoned one', { unschedulable: true }, false],
  ['one that is tainted for scheduling', tainted('NoSchedule'), false],
  ['one that is tainted for all', tainted('NoExecute'), false],
  ['one that would rather not', tainted('PreferNoSchedule'), true],
])('a node is drained only if it takes pods: %s', (_, spec, expected) => {
  expect(takesPods({ spec })).toBe(expected);
});
