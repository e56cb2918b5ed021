/** Owns what must be installed for the demo and the soak. Invariant: all that is missing is named at once, with its package. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { DrainError } from '../core/errors';

interface Need {
  readonly what: string;
  readonly debianPackage: string;
  isThere(env: NodeJS.ProcessEnv): boolean;
}

const NGINX = command('nginx', 'nginx');
const ALWAYS: readonly Need[] = [
  command('redis-server', 'redis-server'),
  command('ss', 'iproute2'),
];
/** A real Kong brings its own nginx and Lua. */
const STAND_IN: readonly Need[] = [
  NGINX,
  file("nginx's Lua module", 'libnginx-mod-http-lua', () => [
    '/usr/lib/nginx/modules/ngx_http_lua_module.so',
  ]),
  file('cjson for Lua 5.1', 'lua-cjson', () =>
    readdirSync('/usr/lib').map((dir) => path.join('/usr/lib', dir, 'lua/5.1/cjson.so')),
  ),
  file('MessagePack for Lua 5.1', 'lua-messagepack', () => ['/usr/share/lua/5.1/MessagePack.lua']),
];

/** What stands before the gateways; a real Kong's nginx has no part in it. */
const CHAIN: readonly Need[] = [
  command('haproxy', 'haproxy'),
  NGINX,
  file("nginx's stream module", 'libnginx-mod-stream', () => [
    '/usr/lib/nginx/modules/ngx_stream_module.so',
  ]),
];

/** Where Debian keeps daemons, though not in an ordinary user's PATH. */
const SYSTEM_DIRS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Throws `MISSING_PROGRAMS` if something is not installed. */
export function checkPrograms(env: NodeJS.ProcessEnv, chain: boolean): void {
  const needs = new Set([...ALWAYS, ...(chain ? CHAIN : []), ...(env['KONG_BIN'] ? [] : STAND_IN)]);
  const message = missingMessage([...needs].filter((need) => !need.isThere(env)));
  if (message !== undefined) throw new DrainError('MISSING_PROGRAMS', message);
}

/** What to do about the missing ones; undefined if there are none. */
export function missingMessage(
  missing: readonly Pick<Need, 'what' | 'debianPackage'>[],
): string | undefined {
  if (missing.length === 0) return undefined;
  const packages = missing.map(({ debianPackage }) => debianPackage).join(' ');
  const names = missing.map(({ what }) => what).join(', ');
  return `Not installed: ${names}. On Debian: apt-get install ${packages}  ("make demo" does it)`;
}

function command(name: string, debianPackage: string): Need {
  const dirs = (env: NodeJS.ProcessEnv) => [
    ...(env['PATH'] ?? '').split(path.delimiter).filter((dir) => dir !== ''),
    ...SYSTEM_DIRS,
  ];
  return {
    what: name,
    debianPackage,
    isThere: (env) => dirs(env).some((dir) => isExecutable(path.join(dir, name))),
  };
}

function file(what: string, debianPackage: string, candidates: () => string[]): Need {
  return { what, debianPackage, isThere: () => candidates().some((name) => existsSync(name)) };
}

function isExecutable(name: string): boolean {
  try {
    accessSync(name, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
