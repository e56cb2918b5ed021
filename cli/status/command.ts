/** Owns `kong-drain status` as commander knows it. */
import { Command, Option } from 'commander';
import { z } from 'zod';
import type { CliContext } from '../context';
import { readOptions, spanOption } from '../options';
import { OUTPUTS } from '../output/output';
import { addRegistryOptions, registryOptions } from '../registry/options';
import { runStatus } from './run';

const EXAMPLES = `
Examples:
  kong-drain status                                  every pool of the Redis of DRAIN_REDIS_URL
  kong-drain status --redis redis://10.0.0.5:6379 --pool rt
  kong-drain status --watch                          until Ctrl-C, with each change as it comes
  kong-drain status -o json | jq '.[].targets[] | select(.state == "draining")'
  kubectl exec POD -c kong-drain -- node dist/cli/main.js status

STATE      serving, draining (by whom), gone (with --all), expired (its lease has ended unnoticed)
IN FLIGHT  requests, and how many of them are uploads: a body of 1 MiB or more, or of unknown length
DRAIN      gateways that have acknowledged the drain, and who still holds it. The pod's own look at its sockets is not
           in the registry: a drain that no gateway holds may wait for connections of strangers for a while.

Exit codes:
  0   the status was read
  2   wrong arguments
  3   Redis could not be reached, or holds no pool
`;

const schema = z.object({
  ...registryOptions,
  output: z.enum(OUTPUTS),
  all: z.boolean().default(false),
  watch: z.boolean().default(false),
  interval: spanOption,
});

export type StatusOptions = z.infer<typeof schema>;

export function statusCommand(context: CliContext): Command {
  const command = new Command('status')
    .description(
      'Shows pools: targets, requests and uploads in flight, drains and who holds them, gateways.',
    )
    .addOption(new Option('-o, --output <format>', 'format').choices(OUTPUTS).default('table'))
    .option('-w, --watch', 'show it anew with each change, until interrupted')
    .option('--interval <time>', 'with --watch: at least so often', '1s')
    .option('-a, --all', 'with the targets that are gone and the gateways that have left');
  return addRegistryOptions(command, context)
    .addHelpText('after', EXAMPLES)
    .action(async (given: unknown) => {
      const options = readOptions('status', schema, given, ({ interval }) =>
        interval < 100 ? ['--interval: must be 100ms at least'] : [],
      );
      await runStatus(options, context);
    });
}
