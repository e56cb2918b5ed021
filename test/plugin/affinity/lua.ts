/**
 * Owns the running of the plugin's own Lua files in a real nginx, for tests of what they compute.
 * Invariant: one worker; what a test leaves behind in it ends with it.
 */
import { ask, script, startGateway } from '../../standin/support';

/** What every test's Lua has before it. */
const PREAMBLE = `
local cjson = require "cjson.safe"
local function drain(name) return require("kong.plugins.drain." .. name) end
local function answer(value) kong.response.exit(200, cjson.encode(value)) end
local function target(i) return { id = "10.0." .. math.floor(i / 250) .. "." .. i % 250 + 1 .. ":8080" } end
local function targets(n) local list = {} for i = 1, n do list[i] = target(i) end return list end
`;

/** Runs the Lua of each name when it is asked for; it ends with \`answer(value)\`. */
export async function startLua<Name extends string>(
  sources: Readonly<Record<Name, string>>,
): Promise<(name: Name) => Promise<unknown>> {
  const entries = Object.entries<string>(sources);
  const gateway = await startGateway({
    routes: entries.map(([name, source]) => ({
      name,
      paths: [`/${name}`],
      plugins: [script(PREAMBLE + source)],
    })),
  });
  return async (name) => {
    const { status, body } = await ask(`${gateway.url}/${name}`);
    if (status !== 200)
      throw new Error(`${name}: ${status} ${body}\n${gateway.log().slice(-2000)}`);
    return JSON.parse(body) as unknown;
  };
}
