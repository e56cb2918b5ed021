/** Which requests the plugin counts as uploads, for as long as their request is counted, in a real nginx. */
import { request, type ServerResponse } from 'node:http';
import { startLua } from './affinity/lua';
import { startPlacing, type Placing } from './affinity/placing';
import { cleanUp, eventually, freePort, startUpstream } from '../standin/support';

const MIB = 2 ** 20;

/** Answers only when it is told to. */
const held: ServerResponse[] = [];
let target: string;
let placings: Record<'late' | 'early', Placing>;

beforeAll(async () => {
  const upstream = await startUpstream((_, response) => void held.push(response));
  target = `127.0.0.1:${upstream.port}`;
  const started = [true, false].map(async (late_binding) => {
    const placing = await startPlacing({ late_binding }, `127.0.0.1:${await freePort()}`);
    await placing.hand({ serving: [target] });
    return placing;
  });
  const [late, early] = await Promise.all(started);
  placings = { late: late!, early: early! };
});
afterAll(cleanUp);

const counted = (placing: Placing, key: 'count' | 'uploads', of = target) =>
  placing.gateway.peek(`${key}:1:rt|${of}`);

/** Sends the body, and with a length where one is given. */
function send(placing: Placing, method: string, bytes: number, length?: number) {
  const headers = length === undefined ? {} : { 'content-length': length };
  const open = request(`${placing.gateway.url}/rt`, { method, headers, agent: false });
  const ended = new Promise((resolve) => {
    open.on('response', (answer) => answer.resume().on('end', resolve)).on('error', resolve);
  });
  open.flushHeaders();
  if (bytes > 0) open.write(Buffer.alloc(bytes));
  return { open, ended };
}

/** What a whole request is counted as while it is in flight; it ends with everything counted out. */
async function countedAs(placing: Placing, method: string, bytes: number, length?: number) {
  const { open, ended } = send(placing, method, bytes, length);
  open.end();
  await eventually('the request', () => held.length === 1);
  expect(await counted(placing, 'count')).toBe(1);
  const uploads = (await counted(placing, 'uploads')) ?? 0;
  held.pop()!.end();
  await ended;
  await eventually('its end', async () => (await counted(placing, 'count')) === 0);
  expect((await counted(placing, 'uploads')) ?? 0).toBe(0);
  return uploads;
}

test.each([
  ['a GET', 'late', 'GET', 0, undefined, 0],
  ['a GET, though it has a body', 'late', 'GET', MIB, MIB, 0],
  ['a POST with nothing', 'late', 'POST', 0, 0, 0],
  ['a POST of one byte less than 1 MiB', 'late', 'POST', MIB - 1, MIB - 1, 0],
  ['a POST of 1 MiB', 'late', 'POST', MIB, MIB, 1],
  ['a PUT of 1 MiB', 'early', 'PUT', MIB, MIB, 1],
  ['a small chunked POST, read before it is placed', 'late', 'POST', 10, undefined, 0],
  ['a small chunked POST, placed before it is read', 'early', 'POST', 10, undefined, 1],
  ['a large chunked POST, read before it is placed', 'late', 'POST', MIB, undefined, 1],
] as const)('%s', async (_, binding, method, bytes, length, wanted) => {
  expect(await countedAs(placings[binding], method, bytes, length)).toBe(wanted);
});

test('one whose client goes away in the body is counted out with its request', async () => {
  const { early } = placings;
  const { open, ended } = send(early, 'POST', 1000, 2 * MIB);
  await eventually('the upload', async () => (await counted(early, 'uploads')) === 1);
  open.destroy();
  await ended;
  await eventually('its end', async () => (await counted(early, 'count')) === 0);
  expect(await counted(early, 'uploads')).toBe(0);
});

test('one that is tried again is counted where it is tried', async () => {
  const { late } = placings;
  const dead = `127.0.0.1:${await freePort()}`;
  await late.hand({ serving: [dead, target] });
  await eventually('a retry', async () => {
    expect(await countedAs(late, 'POST', MIB, MIB)).toBe(1);
    return (await counted(late, 'uploads', dead)) !== undefined;
  });
  expect(await counted(late, 'uploads', dead)).toBe(0);
  await late.hand({ serving: [target] });
});

test('a target that is let go takes its counts with it', async () => {
  const { late } = placings;
  await countedAs(late, 'POST', MIB, MIB);
  const other = `127.0.0.1:${await freePort()}`;
  for (let views = 0; views < 2; views++) await late.hand({ serving: [other] });
  expect(await counted(late, 'count')).toBeUndefined();
  expect(await counted(late, 'uploads')).toBeUndefined();
  await late.hand({ serving: [target] });
  expect(await countedAs(late, 'POST', MIB, MIB)).toBe(1);
});

const COMMON = `
local counts, uploads, store = drain "counts", drain "uploads", drain "store"
local function copy(i)
  local one = target(i)
  one.pool, one.count_keys, one.others, one.others_until_ms = "rt", {}, 0, 0
  return one
end
`;

test('without room to spare the upload is not counted, its request is; a dead worker’s go with its slot', async () => {
  const run = await startLua({
    full: `${COMMON}
local one, dict = copy(1), store.dict
local before = uploads.into(one)
for i = 1, 140 do dict:safe_set("filling:" .. i, ("x"):rep(4000)) end
answer({
  before = before, known = uploads.into(one), request = counts.into(copy(2)), upload = uploads.into(copy(2)) or "none",
})`,
    dead: `${COMMON}
local one, dict = copy(3), store.dict
local slot = dict:incr("slots", 1)
dict:set("worker:" .. slot, "999999999 1")
dict:set("count:" .. slot .. ":rt|" .. one.id, 2)
dict:set("uploads:" .. slot .. ":rt|" .. one.id, 2)
local function told(bury)
  local in_flight = counts.report("rt", { one.id }, bury)
  return { requests = in_flight[one.id], uploads = (uploads.report("rt", in_flight) or {})[one.id] }
end
answer({ before = told(false), after = told(true), key = dict:get("uploads:" .. slot .. ":rt|" .. one.id) or "none" })`,
  });
  const key = expect.stringMatching(/^uploads:1:rt\|/) as string;
  expect(await run('full')).toEqual({
    ...{ before: key, known: key, upload: 'none' },
    request: expect.stringMatching(/^count:1:rt\|/) as string,
  });
  expect(await run('dead')).toEqual({
    ...{ before: { requests: 2, uploads: 2 }, after: {}, key: 'none' },
  });
});
