/** Records read back: as they were written, or left out with one word of why; never an exception. */
import fc from 'fast-check';
import { parseAllowList } from '../../core/allow-list';
import { readGatewayReport, readTargetRecord } from '../../core/records';

const allowed = parseAllowList('10.0.0.0/8');
const ID = '10.0.0.1:8080';
const TARGET = { incarnation: 'a', fence: 1, serial: 2, state: 'serving', epoch: 3, sinceMs: 4 };
const GATEWAY = {
  ...{ incarnation: 'a', name: 'gw', addresses: ['10.0.0.9'], epoch: 3 },
  ...{ holding: { [ID]: 1 }, unassigned: 0, leaseMs: 3000 },
};

function readTarget(record: unknown, id = ID) {
  const bad: string[] = [];
  const read = readTargetRecord(id, record, allowed, (at, why) => bad.push(`${at}: ${why}`));
  return { read, bad };
}

function readGateway(json: string) {
  const bad: string[] = [];
  const read = readGatewayReport('gw', json, (at, why) => bad.push(`${at}: ${why}`));
  return { read, bad };
}

test('a target as it was written, without what is not known of', () => {
  const full = { ...TARGET, state: 'draining', by: 'operator', pod: 'rt-1', node: 'n' };
  const json = JSON.stringify({ ...full, own: 'serving', later: true });
  expect(readTarget(json)).toEqual({ read: full, bad: [] });
});

test('a gateway as it was written', () => {
  const full = { ...GATEWAY, endedAgoMs: { [ID]: 1.5 }, uploads: { [ID]: 1 }, left: true };
  expect(readGateway(JSON.stringify(full))).toEqual({ read: full, bad: [] });
});

test('streams of a kind that is not known yet are not heeded: all in flight is waited for, and the ack counts', () => {
  const group = { kind: 'webtransport', path: '/', clients: 1, oldestAgoMs: 5 };
  const streams = { [ID]: { requests: 1, youngestAgoMs: 5, groups: [group] } };
  const { read, bad } = readGateway(JSON.stringify({ ...GATEWAY, streams }));
  expect(bad).toEqual([]);
  expect(read).toMatchObject({ epoch: 3, holding: { [ID]: 1 } });
  expect(read?.streams).toBeUndefined();
});

test.each([{ [ID]: 'many' }, { [ID]: -1 }, 3])(
  'uploads told as %j are not heeded: they are to look at, and the ack counts',
  (uploads) => {
    const { read, bad } = readGateway(JSON.stringify({ ...GATEWAY, uploads }));
    expect(bad).toEqual([]);
    expect(read).toEqual(GATEWAY);
  },
);

test.each([
  ['incarnation', ''],
  ['incarnation', undefined],
  ['fence', '1'],
  ['fence', 1.5],
  ['serial', null],
  ['state', 'paused'],
  ['by', 'nobody'],
  ['epoch', undefined],
  ['sinceMs', 'x'],
  ['pod', 1],
])('a target whose %s is %p is left out and told once, by what is wrong', (field, value) => {
  const { read, bad } = readTarget(JSON.stringify({ ...TARGET, [field]: value }));
  expect(read).toBeNull();
  expect(bad).toEqual([expect.stringContaining(field)]);
});

test.each(['', '{', 'null', '5', '"x"', '[]', '[[]]'])('JSON such as %p is told once', (json) => {
  expect(readTarget(json)).toEqual({ read: null, bad: [expect.any(String)] });
  expect(readGateway(json)).toEqual({ read: null, bad: [expect.any(String)] });
});

test.each(['192.168.0.1:80', '10.0.0.1', 'host:80', '[::ffff:10.0.0.1]:80'])(
  'a target named %s is told once',
  (id) => {
    expect(readTarget(JSON.stringify(TARGET), id)).toEqual({
      read: null,
      bad: [expect.any(String)],
    });
  },
);

test('whatever another hand wrote, nothing is thrown, and what is left out is told exactly once', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc.object().map((value) => JSON.stringify({ ...TARGET, ...value })),
    fc.object().map((value) => JSON.stringify({ ...GATEWAY, ...value })),
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constant(ID)), anything, (id, json) => {
      for (const { read, bad } of [readTarget(json, id), readGateway(json)]) {
        expect(bad).toHaveLength(read === null ? 1 : 0);
      }
    }),
  );
});
