/** Round-robin, weights and slow start as the plugin computes them, and what its configuration refuses. */
import { cleanUp, freePort } from '../../standin/support';
import { startLua } from './lua';
import { startPlacing, startTargets } from './placing';

const STEPS = `
local pick, store = drain("pick"), drain("store")
local function conf(fields)
  fields.slow_start_seconds = fields.slow_start_seconds or 0
  return fields
end
local function view_of(ages, shares)
  local serving = targets(#ages)
  for i, age in ipairs(ages) do
    serving[i].since_ms = age and -age or nil
    serving[i].pool, serving[i].count_keys, serving[i].others, serving[i].others_until_ms = "rt", {}, 0, math.huge
  end
  return { pool = "rt", version = math.random(), serving = serving, shares = shares }
end
local function parts(view, conf, times, now_ms)
  local count = {}
  for i = 1, times do
    local session = conf.policy == "hash" and drain("rendezvous").session("s" .. i) or nil
    local one = pick.target(view, conf, session, nil, now_ms or 1)
    for at, target in ipairs(view.serving) do
      if target == one then count[at] = (count[at] or 0) + 1 end
    end
  end
  for at = 1, #view.serving do count[at] = (count[at] or 0) / times end
  return count
end
local POLICIES = { "least-requests", "round-robin", "hash" }
local function each(compute)
  local found = {}
  for _, policy in ipairs(POLICIES) do found[policy] = compute(conf({ policy = policy, slow_start_seconds = 30 })) end
  return found
end
`;

const sources = {
  turns: `${STEPS}
    local view, order = view_of({ false, false, false }), {}
    for i = 1, 9 do order[i] = pick.target(view, conf({ policy = "round-robin" }), nil, nil, 1).id end
    answer(order)`,
  // One of four has served for the given time, the others for long.
  warming: `${STEPS}
    local found = {}
    for _, age in ipairs({ 0, 10000, 20000, 30000 }) do
      found[#found + 1] = each(function(conf)
        return parts(view_of({ false, false, false, age }), conf, 20000)[4]
      end)
    end
    answer(found)`,
  // The copy of a view lives on while time goes by.
  kept: `${STEPS}
    local view, conf, found = view_of({ false, 0 }), conf({ policy = "hash", slow_start_seconds = 30 }), {}
    for _, now in ipairs({ 0, 15000, 30000, 60000 }) do found[#found + 1] = parts(view, conf, 20000, now)[2] end
    answer(found)`,
  // Each worker has a copy of its own, made when a request comes.
  workers: `${STEPS}
    local function weight(now)
      local view = view_of({ false, 0 })
      local _, weights = drain("weights").of(view, conf({ policy = "hash", slow_start_seconds = 30 }), now)
      return weights[view.serving[2].id]
    end
    answer({ weight(15000), weight(15150), weight(15299), weight(15300) })`,
  configurations: `${STEPS}
    local view, left = view_of({ false, 0 }), 0
    for i = 1, 1000 do drain("weights").of(view, conf({ policy = "hash", slow_start_seconds = 30 }), i) end
    collectgarbage()
    for _ in pairs(view.weighed) do left = left + 1 end
    answer(left)`,
  allNew: `${STEPS} answer(each(function(conf) return parts(view_of({ 0, 0, 0, 0 }), conf, 20000) end))`,
  shares: `${STEPS}
    answer(each(function(conf)
      local view = view_of({ false, false, false, false })
      view.shares = { [view.serving[1].id] = 0, [view.serving[2].id] = 0.5, [view.serving[3].id] = 0.5 }
      return parts(view, conf, 20000)
    end))`,
  nothingElse: `${STEPS}
    answer(each(function(conf)
      local view, tried = view_of({ false, false }), {}
      view.shares = { [view.serving[1].id] = 0 }
      tried[view.serving[2].id] = true
      local first = pick.target(view, conf, nil, tried, 1).id == view.serving[1].id
      view.weighed, view.shares = nil, { [view.serving[1].id] = 0, [view.serving[2].id] = 0 }
      return first and pick.target(view, conf, nil, nil, 1) ~= nil
    end))`,
  failed: `${STEPS}
    answer(each(function(conf)
      local view = view_of({ false, false })
      view.shares = { [view.serving[1].id] = 0 }
      pick.eject("rt", view.serving[2], 5, 1)
      local one = pick.target(view, conf, nil, nil, 1).id
      local later = pick.target(view, conf, nil, nil, 9000).id
      return one == view.serving[1].id and (conf.policy == "hash" or later == view.serving[2].id)
    end))`,
};
type Parts = Readonly<Record<'least-requests' | 'round-robin' | 'hash', number[]>>;

let run: (name: keyof typeof sources) => Promise<unknown>;
beforeAll(async () => {
  run = await startLua(sources);
});
afterAll(cleanUp);

test('round-robin goes by turns', async () => {
  const order = (await run('turns')) as string[];
  expect(new Set(order.slice(0, 3)).size).toBe(3);
  expect(order).toEqual([...order.slice(0, 3), ...order.slice(0, 3), ...order.slice(0, 3)]);
});

test('slow start: a new target’s part rises from a tenth of the others’ to the same, under every policy', async () => {
  const steps = (await run('warming')) as Record<string, number>[];
  [0.1, 0.4, 0.7, 1].forEach((weight, i) => {
    for (const part of Object.values(steps[i]!)) {
      expect(part).toBeGreaterThan((0.8 * weight) / (3 + weight));
      expect(part).toBeLessThan((1.2 * weight) / (3 + weight));
    }
  });
});

test('it rises while the view stays the same', async () => {
  const [begin, half, whole, later] = (await run('kept')) as number[];
  expect(begin).toBeLessThan(0.12);
  expect(half).toBeGreaterThan(begin! + 0.15);
  expect(whole).toBeGreaterThan(half! + 0.1);
  expect(later).toBe(whole);
});

test('it rises in steps of the target’s own age: whenever a worker looks, all weigh the same', async () => {
  const [first, later, last, next] = (await run('workers')) as number[];
  expect([later, last]).toEqual([first, first]);
  expect(next).toBeGreaterThan(first!);
});

test('what was weighed for a configuration that is gone is forgotten', async () => {
  expect(await run('configurations')).toBeLessThan(10);
});

test('where all are new none is starved', async () => {
  for (const parts of Object.values((await run('allNew')) as Parts)) {
    for (const part of parts) {
      expect(part).toBeGreaterThan(0.22);
      expect(part).toBeLessThan(0.28);
    }
  }
});

test('shares of zones are heeded, but for sessions, which no gateway may see otherwise', async () => {
  const found = (await run('shares')) as Parts;
  for (const policy of ['least-requests', 'round-robin'] as const) {
    const [none, ...others] = found[policy];
    expect(none).toBe(0);
    [0.25, 0.25, 0.5].forEach((part, i) => expect(others[i]).toBeCloseTo(part, 1));
  }
  for (const part of found.hash) expect(part).toBeCloseTo(0.25, 1);
});

test('a target without a share is taken where there is no other', async () => {
  expect(await run('nothingElse')).toEqual({
    'least-requests': true,
    'round-robin': true,
    hash: true,
  });
});

test('and before one that has just failed', async () => {
  expect(await run('failed')).toEqual({ 'least-requests': true, 'round-robin': true, hash: true });
});

test('in a gateway: round-robin is even, and a dead target costs no request', async () => {
  const targets = await startTargets(3);
  const placing = await startPlacing(
    { policy: 'round-robin', slow_start_seconds: 30 },
    targets[0]!,
  );
  await placing.hand({ serving: targets });
  const count = new Map(targets.map((target) => [target, 0]));
  for (let i = 0; i < 30; i++) {
    const { target } = await placing.place();
    count.set(target, count.get(target)! + 1);
  }
  expect([...count.values()]).toEqual([10, 10, 10]);
  await placing.hand({ serving: [`127.0.0.1:${await freePort()}`, ...targets] });
  for (let i = 0; i < 12; i++) expect((await placing.place()).status).toBe(200);
});

test('a new target of a gateway’s view starts slowly', async () => {
  const targets = await startTargets(2);
  const slow = {
    policy: 'hash',
    hash_on: 'header',
    hash_on_header: 'x-s',
    slow_start_seconds: 3600,
  };
  const placing = await startPlacing(slow, targets[0]!);
  await placing.hand({ serving: targets, ages: { [targets[1]!]: 0 } });
  let there = 0;
  for (let i = 0; i < 100; i++) {
    if ((await placing.place({ 'x-s': `${i}` })).target === targets[1]) there += 1;
  }
  expect(there).toBeGreaterThan(0);
  expect(there).toBeLessThan(30);
});

test.each<[object, RegExp[]]>([
  [{ policy: 'hash' }, [/policy hash needs hash_on/]],
  [{ hash_on: 'ip' }, [/hash_on needs policy hash/]],
  [
    { hash_on: 'header', hash_on_cookie: 'c' },
    [/hash_on needs policy hash/, /needs hash_on_header/, /hash_on_cookie needs/],
  ],
  [{ policy: 'hash', hash_on: 'cookie' }, [/cookie needs hash_on_cookie/]],
  [
    { policy: 'hash', hash_on: 'ip', hash_fallback: 'cookie', hash_on_header: 'x' },
    [/hash_fallback needs hash_on header/, /cookie needs hash_on_cookie/, /hash_on_header needs/],
  ],
  [
    { policy: 'random', hash_on_cookie: 'a;b', hash_on_cookie_path: 'x y', slow_start_seconds: -1 },
    [/policy: expected one of/, /a cookie's name is/, /path begins with/, /slow_start_seconds: /],
  ],
])(
  'a configuration that does not go together is refused with all its problems: %o',
  async (config, problems) => {
    const refused: unknown = await startPlacing(
      config as Record<string, unknown>,
      '127.0.0.1:9',
    ).catch((error: unknown) => error);
    for (const problem of problems) expect(String(refused)).toMatch(problem);
  },
);
