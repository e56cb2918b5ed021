/** Owns the Lua scripts: each a file in scripts/, prefixed with pool.lua, defined once per client as a typed command. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Cluster, Redis } from 'ioredis';

const scriptKeys = {
  ...{ join: 2, announce: 4, renew: 6, view: 2, progress: 4, order: 3 },
  ...{ forget: 4, load: 3, overview: 6, record: 2, history: 2 },
} as const;

type ScriptName = keyof typeof scriptKeys;
type Reply = (string | string[])[];
export type Script = (...keysAndArgs: (string | number)[]) => Promise<Reply>;
export type Scripts = Readonly<Record<ScriptName, Script>>;

const directory = path.join(__dirname, 'scripts');
const prefix = readFileSync(path.join(directory, 'pool.lua'), 'utf8');

/** Defines the scripts on a client (EVALSHA, with EVAL where the server does not know them yet). */
export function defineScripts(client: Redis | Cluster): Scripts {
  const entries = Object.entries(scriptKeys).map(([name, numberOfKeys]) => {
    const command = `drain_${name}`;
    const lua = prefix + readFileSync(path.join(directory, `${name}.lua`), 'utf8');
    client.defineCommand(command, { numberOfKeys, lua });
    const run = (client as unknown as Record<string, Script>)[command] as Script;
    return [name, run.bind(client)];
  });
  return Object.fromEntries(entries) as Scripts;
}
