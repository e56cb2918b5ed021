/** Owns `kong-drain drain` and `kong-drain undrain` as commander knows them. */
import { Command, Option } from 'commander';
import { z } from 'zod';
import { parseTarget } from '../../core/target';
import type { CliContext } from '../context';
import { readOptions, spanOption } from '../options';
import { OUTPUTS } from '../output/output';
import { addRegistryOptions, registryOptions } from '../registry/options';
import type { Aim } from './pick';
import { runOrder } from './run';

const DRAIN_EXAMPLES = `
Examples:
  kong-drain drain 10.8.1.9:8080 --wait
  kong-drain drain --pod rt-7d9f-x2x4k
  kong-drain drain --node gke-pool-1-a1b2 --wait --timeout 10m
  kong-drain drain --node gke-pool-1-a1b2 --dry-run

The order is kept in Redis: it outlives the sidecar's process, and ends with the pod or with "kong-drain undrain". The
pod itself goes on running. --wait ends when each gateway with a live lease has acknowledged and has nothing in flight
for the target; what went round the gateways only the pod sees: its preStop hook waits for that too.

Exit codes:
  0   ordered; with --wait: no gateway holds the targets any more
  1   refused (it would leave a pool without a serving target: --force), or --timeout came first
  2   wrong arguments, or no such target
  3   Redis could not be reached, or holds no pool
`;

const UNDRAIN_EXAMPLES = `
Examples:
  kong-drain undrain 10.8.1.9:8080
  kong-drain undrain --pod rt-7d9f-x2x4k
  kong-drain undrain --node gke-pool-1-a1b2

It takes back what an operator or the controller ordered. A drain that the pod's own hook or SIGTERM began goes on: that
pod is being deleted.

Exit codes:
  0   the targets serve again
  1   some go on draining, by their own hook or SIGTERM
  2   wrong arguments, or no such target
  3   Redis could not be reached, or holds no pool
`;

const common = {
  ...registryOptions,
  output: z.enum(OUTPUTS),
  pod: z.string().optional(),
  node: z.string().optional(),
  dryRun: z.boolean().default(false),
};

const drainSchema = z.object({
  ...common,
  wait: z.boolean().default(false),
  timeout: spanOption,
  force: z.boolean().default(false),
});
const undrainSchema = z.object(common);

export type OrderOptions = z.infer<typeof undrainSchema> & {
  readonly act: 'drain' | 'undrain';
  readonly aim: Aim;
  readonly wait: boolean;
  readonly timeout: number;
  readonly force: boolean;
};

export function drainCommand(context: CliContext): Command {
  const command = aimed('drain', context)
    .description('Orders targets to drain: gateways send them nothing new. The pods live on.')
    .option('-w, --wait', 'until no gateway holds them')
    .option('--timeout <time>', 'with --wait: at most so long', '5m')
    .option('--force', 'also where a pool is left without a serving target');
  return command
    .addHelpText('after', DRAIN_EXAMPLES)
    .action(async (target: string | undefined, given: unknown) => {
      const options = readOptions('drain', drainSchema, given, (read) => aimProblems(target, read));
      const aim = aimOf(target, options);
      context.exitWith(await runOrder({ ...options, act: 'drain', aim }, context));
    });
}

export function undrainCommand(context: CliContext): Command {
  return aimed('undrain', context)
    .description("Takes back an operator's drain: the targets serve again.")
    .addHelpText('after', UNDRAIN_EXAMPLES)
    .action(async (target: string | undefined, given: unknown) => {
      const read = readOptions('undrain', undrainSchema, given, (options) =>
        aimProblems(target, options),
      );
      const rest = { act: 'undrain', wait: false, timeout: 0, force: false } as const;
      context.exitWith(await runOrder({ ...read, ...rest, aim: aimOf(target, read) }, context));
    });
}

function aimed(name: string, context: CliContext): Command {
  const command = new Command(name)
    .argument('[target]', 'ip:port; IPv6 as [ip]:port')
    .option('--pod <name>', 'the target of this pod, in place of an address')
    .option('--node <name>', 'the targets of all pods on this node')
    .option('--dry-run', 'say what would be ordered, and order nothing')
    .addOption(new Option('-o, --output <format>', 'format').choices(OUTPUTS).default('table'));
  return addRegistryOptions(command, context);
}

function aimProblems(
  target: string | undefined,
  { pod, node }: { pod?: string | undefined; node?: string | undefined },
): string[] {
  const given = [target, pod, node].filter((one) => one !== undefined);
  if (given.length !== 1) return ['give one of TARGET, --pod and --node'];
  try {
    if (target !== undefined) parseTarget(target);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function aimOf(target: string | undefined, { pod, node }: Omit<Aim, 'target'>): Aim {
  return { target: target === undefined ? undefined : parseTarget(target).id, pod, node };
}
