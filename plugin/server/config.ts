/** Owns the plugin server's environment and arguments: parsed once, every problem said at once. */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { DrainError, messageOf } from '../../core/errors';
import { canonicalAddress } from '../../core/target';
import { registryEnv } from '../../registry/open';
import {
  httpUrl,
  leaseProblem,
  listenAddress,
  milliseconds,
  parseEnv,
  readableBy,
  zone,
} from '../../registry/env';

export const envSchema = z.object({
  ...registryEnv,
  DRAIN_SYNC_URL: httpUrl()
    .default('http://127.0.0.1:8000/.drain/sync')
    .describe("Kong's sync route, as this process reaches it"),
  DRAIN_GATEWAY_NAME: z
    .string()
    .regex(/^[\w.:-]{1,128}$/, "letters, digits and '._:-' only")
    .default(os.hostname())
    .describe('name of this Kong node, one of its own among all gateways'),
  DRAIN_GATEWAY_ADDRESSES: z
    .string()
    .superRefine(readableBy(parseAddresses))
    .default('')
    .describe('comma list of the addresses Kong connects from (empty: all of this machine)'),
  DRAIN_ZONE: zone().describe(
    'the zone of this Kong node: its targets are preferred (unset: none)',
  ),
  DRAIN_METRICS_LISTEN: listenAddress()
    .optional()
    .describe('host:port for GET /metrics (unset: none)'),
  DRAIN_SOCKET_MODE: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'expected octal permissions such as 0666')
    .optional()
    .describe(
      'permissions of the socket, for a Kong of another user (unset: as umask leaves them)',
    ),
  DRAIN_OVER_FILE: z
    .string()
    .startsWith('/', 'expected an absolute path')
    .optional()
    .describe('file made when Kong quits and its last client is gone, 2 s before its end'),
  DRAIN_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('log level'),
  DRAIN_RENEW_MS: milliseconds(1000, 100, 60_000).describe('renewal of lease and view, ms'),
  DRAIN_LEASE_MS: milliseconds(3000, 500, 300_000).describe('how long a renewal holds, ms'),
  DRAIN_POLL_MS: milliseconds(25, 5, 1000).describe('poll of Kong while a drain waits, ms'),
});

export type PluginServerConfig = Readonly<z.infer<typeof envSchema>> & {
  readonly addresses: readonly string[];
};

export interface Arguments {
  readonly dump: boolean;
  readonly help: boolean;
  readonly socket: string | undefined;
}

/** Reads argv. Throws `BAD_ARGUMENTS`. */
export function parseArguments(argv: readonly string[]): Arguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        socket: { type: 'string' },
        dump: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return { dump: values.dump, help: values.help, socket: values.socket };
  } catch (error) {
    throw new DrainError('BAD_ARGUMENTS', `${messageOf(error)} (see --help)`, { cause: error });
  }
}

/** Reads the environment. Throws `BAD_CONFIG` that lists every problem. */
export function parseConfig(env: NodeJS.ProcessEnv): PluginServerConfig {
  const config = parseEnv(envSchema, env, (right) => [leaseProblem(right)]);
  const given = parseAddresses(config.DRAIN_GATEWAY_ADDRESSES);
  return Object.freeze({ ...config, addresses: given.length > 0 ? given : machineAddresses() });
}

function parseAddresses(list: string): string[] {
  const addresses = list.split(',').map((text) => text.trim());
  return addresses.filter(Boolean).map((text) => {
    try {
      return canonicalAddress(text);
    } catch (error) {
      throw new Error(`"${text}" is no address (names are not looked up)`, { cause: error });
    }
  });
}

function machineAddresses(): string[] {
  return Object.values(os.networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => canonicalAddress(address));
}
