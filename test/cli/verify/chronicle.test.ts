import { Chronicle } from '../../../cli/verify/rollout/chronicle';
import type { GatewayRecord, TargetRecord } from '../../../core/records';

const record = (state: TargetRecord['state'], epoch: number, fence = 1): TargetRecord => ({
  ...{ incarnation: `life-${fence}`, fence, serial: 1, state, epoch, sinceMs: 0 },
  ...{ by: 'hook', pod: `rt-${fence}.6f1c7b1e-9d54-4f5b-8a5e-0a1b2c3d4e5f` },
});
const gateway = (name: string, epoch: number, holding: Record<string, number> = {}) =>
  ({ name, epoch, holding }) as GatewayRecord;

test('a pod serves, drains, is acked by each gateway once, held, and gone', () => {
  const chronicle = new Chronicle();
  chronicle.target('10.0.0.1:80', record('serving', 1), 100);
  chronicle.target('10.0.0.1:80', record('draining', 7), 200);
  expect(chronicle.draining).toBe(1);
  chronicle.gateways([gateway('gw-1', 7, { '10.0.0.1:80': 2 }), gateway('gw-2', 6)], 210);
  chronicle.gateways([gateway('gw-1', 7), gateway('gw-2', 8)], 220);
  chronicle.gateways([gateway('gw-1', 8), gateway('gw-2', 8)], 230);
  chronicle.target('10.0.0.1:80', record('gone', 9), 240);
  expect(chronicle.draining).toBe(0);
  expect(chronicle.sight()).toEqual({
    pods: [
      {
        target: '10.0.0.1:80',
        pod: 'rt-1',
        phases: [
          { phase: 'serving', fromMs: 100, untilMs: 200 },
          { phase: 'draining', fromMs: 200, untilMs: 240 },
        ],
      },
    ],
    drains: [
      {
        ...{ target: '10.0.0.1:80', pod: 'rt-1', by: 'hook', fromMs: 200, untilMs: 240 },
        heldUntilMs: 210,
        acks: [
          { gateway: 'gw-1', atMs: 210 },
          { gateway: 'gw-2', atMs: 220 },
        ],
      },
    ],
    changedMs: 240,
  });
});

test('a late reading of an earlier state, or of an earlier life, changes nothing', () => {
  const chronicle = new Chronicle();
  chronicle.target('10.0.0.1:80', record('serving', 1), 100);
  chronicle.target('10.0.0.1:80', record('draining', 2), 200);
  chronicle.target('10.0.0.1:80', record('gone', 3), 300);
  chronicle.target('10.0.0.1:80', record('serving', 4, 2), 400);
  const before = chronicle.sight();
  chronicle.view(new Map([['10.0.0.1:80', record('draining', 2)]]), () => 200, 500);
  chronicle.target('10.0.0.1:80', record('serving', 4, 2), 400);
  expect(chronicle.sight()).toEqual(before);
  expect(before.pods.map(({ pod }) => pod)).toEqual(['rt-1', 'rt-2']);
});

test('a target that a whole reading does not hold is gone; an operator’s drain can be taken back', () => {
  const chronicle = new Chronicle();
  chronicle.target('10.0.0.1:80', record('serving', 1), 100);
  chronicle.target('10.0.0.2:80', record('draining', 2), 150);
  chronicle.target('10.0.0.2:80', record('serving', 3), 250);
  chronicle.view(new Map([['10.0.0.2:80', record('serving', 3)]]), () => 250, 300);
  const { pods, drains } = chronicle.sight();
  expect(pods[0]!.phases).toEqual([{ phase: 'serving', fromMs: 100, untilMs: 300 }]);
  expect(pods[1]!.phases.map(({ phase }) => phase)).toEqual(['draining', 'serving']);
  expect(drains).toMatchObject([{ fromMs: 150, untilMs: 250 }]);
});
