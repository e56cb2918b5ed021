/** The shared dictionary runs full while Kong serves: its own routing steps in, and what was full is forgotten after. */
import { parse, stringify } from 'yaml';
import { waitFor } from '../../../harness/wait';
import { drained, shortDeadline } from '../support/drained';
import { Eye } from '../support/eye';
import { sharedFleet, untilRouting } from '../support/fleet';
import { unassigned } from '../support/log';
import { ask } from '../support/request';
import {
  expectOnlyKongsOwn,
  expectUnharmed,
  underLoad,
  type StopWindow,
} from '../support/under-load';

const FILL = `
  local size = 4000
  while size > 0 do
    for i = 1, 1000 do
      if not ngx.shared.drain:safe_set("filling:" .. size .. ":" .. i, ("x"):rep(size)) then break end
    end
    size = math.floor(size / 4)
  end
  kong.response.exit(200, {})`;

const EMPTY = `
  for _, key in ipairs(ngx.shared.drain:get_keys(0)) do
    if key:find("^filling:") then ngx.shared.drain:delete(key) end
  end
  kong.response.exit(200, {})`;

let eye: Eye;
const fleet = sharedFleet(
  {
    ...shortDeadline,
    pods: 2,
    gatewayEnv: { ...shortDeadline.gatewayEnv, KONG_UNTRUSTED_LUA: 'on' },
  },
  async (fleet) => {
    eye = new Eye(fleet.redis!.url);
    const config = parse(fleet.declarative()) as { routes: object[] };
    for (const [name, source] of Object.entries({ fill: FILL, empty: EMPTY })) {
      const plugins = [{ name: 'pre-function', config: { access: [source] } }];
      config.routes.push({ name, paths: [`/${name}`], plugins });
    }
    await fleet.gateways[0]!.reload(stringify(config));
    await untilRouting(fleet);
    return () => eye.close();
  },
);

test('requests go on by Kong’s own routing, drains are answered in time, and with room all is as before', async () => {
  const gateway = fleet().gateways[0]!;
  const stops: StopWindow[] = [];
  const before = await waitFor('its metrics', () =>
    unassigned(gateway).then((count) => ({ count })),
  );

  // New pods: what is to be counted for them finds no room.
  const full = await underLoad(fleet(), async () => {
    expect((await ask(`${gateway.proxyUrl}/fill`)).status).toBe(200);
    await fleet().addPod();
    const { stop } = await drained(fleet(), fleet().pods()[0]!);
    stops.push(stop);
    await waitFor('requests left to Kong', async () => (await unassigned(gateway)) > before.count);
  });
  expectOnlyKongsOwn(full, stops);

  const empty = await underLoad(fleet(), async () => {
    expect((await ask(`${gateway.proxyUrl}/empty`)).status).toBe(200);
    await untilRouting(fleet());
    await fleet().addPod();
    const { summary } = await drained(fleet(), fleet().pods()[0]!);
    expect(summary).toMatchObject({ outcome: 'released', blind: false });
    expect(summary.gateways).toMatchObject([{ lost: false }]);
  });
  expectUnharmed(empty);
  await eye.untilInFlight(gateway.name, 0);
});
