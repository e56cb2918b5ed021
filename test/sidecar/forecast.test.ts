/** Which uploads will be whole by the deadline, from what the runtime told of them. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../core/clock';
import { forecast, type Forecast, type UploadLook } from '../../sidecar/forecast';
import { UploadWatch } from '../../sidecar/upload-watch';
import { askForUploads } from '../../sidecar/uploads';

const upload = (receivedBytes: number, expectedBytes: number | null, id = 'one') => ({
  ...{ id, receivedBytes, expectedBytes },
});
const looks = (...received: number[]): UploadLook[] =>
  received.map((bytes, index) => ({ atMs: index * 1000, uploads: [upload(bytes, 1000)] }));

describe('at 100 bytes a second', () => {
  test.each([
    [8000, 1, 0],
    [7000, 1, 0],
    [6999, 0, 1],
    [0, 0, 1],
  ])('700 bytes with %d ms left: in time %d, late %d', (leftMs, inTime, late) => {
    const told = forecast(looks(100, 200, 300), leftMs);
    expect([told.inTime, told.late.length, told.unknown]).toEqual([inTime, late, 0]);
  });

  test('the late one is named with its pace', () => {
    expect(forecast(looks(100, 200, 300), 1000).late).toEqual([
      { id: 'one', receivedBytes: 300, expectedBytes: 1000, bytesPerSecond: 100 },
    ]);
  });
});

test('one that stands still is late, one that is whole is not', () => {
  expect(forecast(looks(500, 500), 60_000).late).toHaveLength(1);
  expect(forecast(looks(1000, 1000), 0)).toEqual({ inTime: 1, late: [], unknown: 0 });
});

test('without Content-Length, or seen once, an upload is unknown; one that has ended is not counted', () => {
  const uploads = [upload(10, null, 'chunked'), upload(10, 99, 'new')];
  const before = { atMs: 0, uploads: [upload(5, null, 'chunked'), upload(5, 99, 'ended')] };
  expect(forecast([before, { atMs: 1000, uploads }], 1000)).toEqual({
    ...{ inTime: 0, late: [], unknown: 2 },
  });
  expect(forecast([], 1000)).toEqual({ inTime: 0, late: [], unknown: 0 });
});

/** A clock turned by hand; each turn lets promises settle. */
function handClock(): Clock & { turn(ms: number): Promise<void> } {
  let nowMs = 0;
  let due: { atMs: number; callback: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after: (ms, callback) => {
      const entry = { atMs: nowMs + ms, callback };
      due.push(entry);
      return () => (due = due.filter((each) => each !== entry));
    },
    turn: async (ms) => {
      nowMs += ms;
      const now = due.filter(({ atMs }) => atMs <= nowMs);
      due = due.filter(({ atMs }) => atMs > nowMs);
      for (const { callback } of now) callback();
      await new Promise(setImmediate);
    },
  };
}

test('a drain is told when other uploads are late than before, and no longer once it has ended', async () => {
  const clock = handClock();
  const told: Forecast[] = [];
  let received = 0;
  let looked = 0;
  const watch = new UploadWatch({
    clock,
    uploads: () => {
      looked += 1;
      received += 50;
      return looked === 2
        ? Promise.reject(new Error('busy'))
        : Promise.resolve([upload(received, 1000)]);
    },
    leftMs: () => (received < 300 ? 1000 : 60_000),
    onChange: (forecast) => told.push(forecast),
  });
  watch.start();
  for (let turns = 0; turns < 8; turns++) await clock.turn(500);
  expect(told.map(({ late }) => late.map(({ id }) => id))).toEqual([['one'], []]);
  watch.stop();
  const before = looked;
  await clock.turn(500);
  expect(looked).toBe(before);
});

describe('the question to the runtime', () => {
  let server: Server;
  let answer: string;
  beforeEach(async () => {
    server = createServer((_request, response) => response.end(answer)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => server.close());
  const ask = () =>
    askForUploads(`http://127.0.0.1:${(server.address() as AddressInfo).port}/uploads`);

  test('gives its uploads, whatever else it says', async () => {
    answer = JSON.stringify({ uploads: [{ ...upload(1, null), client: 'x' }], pod: 'rt-1' });
    expect(await ask()).toEqual([upload(1, null)]);
  });

  test.each([
    ['an empty answer', ''],
    ['no list', '[]'],
    ['an upload without sizes', '{"uploads":[{"id":"1"}]}'],
    ['more than a megabyte', JSON.stringify({ uploads: [], padding: 'x'.repeat(2 << 20) })],
  ])('fails on %s', async (_, wrong) => {
    answer = wrong;
    await expect(ask()).rejects.toThrow();
  });
});
