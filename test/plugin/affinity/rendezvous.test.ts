/** The policy `hash` by its promises: evenness, agreement, and that no session moves without need. */
import { cleanUp } from '../../standin/support';
import { startLua } from './lua';

afterAll(cleanUp);

const KEYS = 100_000;
const SESSIONS = `
local rendezvous = drain("rendezvous")
local sessions = {}
for i = 1, ${KEYS} do sessions[i] = rendezvous.session("session-" .. i) end
local function places(list, weights)
  local found = {}
  for i = 1, #sessions do found[i] = rendezvous.first(list, sessions[i], weights).id end
  return found
end
local function tally(found)
  local count = {}
  for i = 1, #found do count[found[i]] = (count[found[i]] or 0) + 1 end
  return count
end
local function moves(before, after, allowed)
  local moved, wrong = 0, 0
  for i = 1, #before do
    if before[i] ~= after[i] then
      moved = moved + 1
      if not allowed(before[i], after[i]) then wrong = wrong + 1 end
    end
  end
  return moved, wrong
end
local function without(list, i)
  local rest = {}
  for j = 1, #list do if j ~= i then rest[#rest + 1] = list[j] end end
  return rest
end
`;

const sources = {
  vectors: `
    local hash, found = drain("hash"), {}
    for _, text in ipairs({ "", "Four score and seven years ago", "\\0\\255", ("x"):rep(12), ("x"):rep(13) }) do
      local high, low = hash.of(text)
      found[#found + 1] = bit.tohex(high) .. bit.tohex(low)
    end
    answer(found)`,
  even: `${SESSIONS} answer(tally(places(targets(10))))`,
  addresses: `${SESSIONS}
    for i = 1, #sessions do
      sessions[i] = rendezvous.session("10." .. math.floor(i / 65536) .. "." .. math.floor(i / 256) % 256 .. "." .. i % 256)
    end
    answer(tally(places(targets(10))))`,
  agreement: `${SESSIONS}
    local list = targets(10)
    local other = {}
    for i = 1, 10 do other[i] = { id = list[11 - i].id } end
    local moved = moves(places(list), places(other), function() return true end)
    answer({ moved = moved })`,
  // Ten old targets are replaced one by one: a new one comes, an old one leaves.
  rollout: `${SESSIONS}
    local list, moved, wrong, most = targets(10), 0, 0, 0
    local now, times = places(list), {}
    local function becomes(new_list, allowed)
      local after = places(new_list)
      local m, w = moves(now, after, allowed)
      moved, wrong = moved + m, wrong + w
      for i = 1, #now do if now[i] ~= after[i] then times[i] = (times[i] or 0) + 1 end end
      list, now = new_list, after
    end
    for step = 1, 10 do
      local before = times
      times = {}
      local new, old = target(10 + step), list[1].id
      local grown = { unpack(list) }
      grown[#grown + 1] = new
      becomes(grown, function(_, to) return to == new.id end)
      becomes(without(list, 1), function(from) return from == old end)
      for i = 1, #now do most = math.max(most, times[i] or 0) end
    end
    answer({ moved = moved, wrong = wrong, mostInOneStep = most, tally = tally(now) })`,
  spread: `${SESSIONS}
    local list = targets(10)
    local before, count = places(list), {}
    local after = places(without(list, 4))
    for i = 1, #before do
      if before[i] == list[4].id then count[after[i]] = (count[after[i]] or 0) + 1 end
    end
    answer(count)`,
  weighted: `${SESSIONS}
    local list, weights = targets(10), {}
    for i = 1, 10 do weights[list[i].id] = i / 10 end
    answer(tally(places(list, weights)))`,
  growing: `${SESSIONS}
    local list, weights, wrong, moved = targets(10), {}, 0, 0
    for i = 1, 10 do weights[list[i].id] = 1 end
    local new = list[10].id
    weights[new] = 0.1
    local now = places(list, weights)
    for step = 2, 10 do
      weights[new] = step / 10
      local after = places(list, weights)
      local m, w = moves(now, after, function(_, to) return to == new end)
      moved, wrong, now = moved + m, wrong + w, after
    end
    local same = moves(now, places(list), function() return true end)
    answer({ moved = moved, wrong = wrong, notAsWithout = same })`,
};

let run: (name: keyof typeof sources) => Promise<unknown>;
beforeAll(async () => {
  run = await startLua(sources);
});

function expectEven(tally: Readonly<Record<string, number>>, targets: number, keys: number): void {
  const counts = Object.values(tally);
  expect(counts).toHaveLength(targets);
  for (const count of counts) {
    expect(count).toBeGreaterThan((0.9 * keys) / targets);
    expect(count).toBeLessThan((1.1 * keys) / targets);
  }
}

test('the hash is lookup3 (the vectors that its author gives)', async () => {
  const [empty, fourScore, ...others] = (await run('vectors')) as string[];
  expect(empty).toBe('deadbeefdeadbeef');
  expect(fourScore).toBe('17770551ce7226e6');
  expect(new Set(others).size).toBe(3);
});

test('100,000 sessions are even over 10 targets within 10 %', async () => {
  expectEven((await run('even')) as Record<string, number>, 10, KEYS);
});

test('so are 100,000 neighbouring client addresses', async () => {
  expectEven((await run('addresses')) as Record<string, number>, 10, KEYS);
});

test('gateways agree, whatever the order in which they know the targets', async () => {
  expect(await run('agreement')).toEqual({ moved: 0 });
});

test('while ten pods are replaced one by one, a session moves only from a pod that leaves or to one that comes', async () => {
  const found = (await run('rollout')) as Record<string, number> & {
    tally: Record<string, number>;
  };
  expect(found).toMatchObject({ wrong: 0, mostInOneStep: 1 });
  // Each step moves a tenth for the old one that leaves, and an eleventh for the new one that comes.
  expect(found.moved).toBeLessThan(10 * KEYS * 0.21);
  expectEven(found.tally, 10, KEYS);
});

test('the sessions of a pod that leaves are spread over all others', async () => {
  const spread = (await run('spread')) as Record<string, number>;
  expect(Object.keys(spread)).toHaveLength(9);
  for (const count of Object.values(spread)) expect(count).toBeGreaterThan((0.8 * KEYS) / 10 / 9);
});

test('with weights each target gets its part', async () => {
  const counts = Object.values((await run('weighted')) as Record<string, number>).sort(
    (a, b) => a - b,
  );
  counts.forEach((count, i) => {
    const part = (KEYS * (i + 1)) / 55;
    expect(Math.abs(count - part)).toBeLessThan(0.1 * part);
  });
});

test('while a new pod grows, sessions move to it alone, and in the end it has those that it would have had at once', async () => {
  const found = (await run('growing')) as Record<string, number>;
  expect(found).toMatchObject({ wrong: 0, notAsWithout: 0 });
  expect(found.moved).toBeGreaterThan(0.05 * KEYS);
  expect(found.moved).toBeLessThan(0.1 * KEYS);
});
