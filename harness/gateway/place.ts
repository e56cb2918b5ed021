/** Owns where a gateway listens. Invariant: its ports stay the same over reloads. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gatewayAddress } from '../addresses';
import { freePort } from '../free-port';
import { repositoryRoot } from '../repository';
import type { GatewayOptions } from './gateway';

const HOST = '127.0.0.1';

export interface GatewayPlace {
  readonly name: string;
  readonly address: string;
  /** `host:port` each. */
  readonly proxyListen: string;
  readonly tlsListen: string;
  readonly statusListen: string;
  readonly metricsListen: string;
  readonly proxyUrl: string;
  readonly tlsUrl: string;
  readonly statusUrl: string;
  readonly syncUrl: string;
  readonly declarativeFile: string;
}

/** Chooses the ports and writes the declarative configuration into the gateway's directory. */
export async function preparePlace(options: GatewayOptions): Promise<GatewayPlace> {
  const { number, dir, declarative } = options;
  mkdirSync(dir, { recursive: true });
  const declarativeFile = path.join(dir, 'kong.yml');
  writeFileSync(declarativeFile, declarative);
  const listen = async (): Promise<string> => `${HOST}:${await freePort(HOST)}`;
  const proxyListen = await listen();
  const tlsListen = await listen();
  const statusListen = await listen();
  return {
    name: `gw-${number}`,
    address: gatewayAddress(number),
    proxyListen,
    tlsListen,
    statusListen,
    metricsListen: await listen(),
    proxyUrl: `http://${proxyListen}`,
    tlsUrl: `https://${tlsListen}`,
    statusUrl: `http://${statusListen}`,
    syncUrl: `http://${proxyListen}/.drain/sync`,
    declarativeFile,
  };
}

/** The `drain` plugin's Lua files, before whatever path there is already. */
export function luaPackagePath(existing: string | undefined): string {
  const root = path.join(repositoryRoot, 'plugin', 'kong');
  return `${root}/?.lua;${root}/?/init.lua;${existing || ';'}`;
}
