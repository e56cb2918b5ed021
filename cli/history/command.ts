/** Owns `kong-drain history` as commander knows it. */
import { Command, Option } from 'commander';
import { z } from 'zod';
import type { CliContext } from '../context';
import { countOption, readOptions, spanOption } from '../options';
import { OUTPUTS } from '../output/output';
import { addRegistryOptions, registryOptions } from '../registry/options';
import { runHistory } from './run';

const EXAMPLES = `
Examples:
  kong-drain history                                 the last drains of every pool, the newest last
  kong-drain history --pool rt --limit 1 --timeline  the last one, event by event
  kong-drain history --cut --since 1d                those of a day that cut something
  kong-drain history --pod rt-7d9f-x2x4k -o json

The sidecar keeps each drain when it has ended: the last 200 of a pool, for a week. One that ended without Redis, or by
SIGKILL, is missing.

Exit codes:
  0   the history was read
  2   wrong arguments
  3   Redis could not be reached, or holds no pool
`;

const schema = z.object({
  ...registryOptions,
  output: z.enum(OUTPUTS),
  limit: countOption,
  since: spanOption.optional(),
  target: z.string().optional(),
  pod: z.string().optional(),
  node: z.string().optional(),
  cut: z.boolean().default(false),
  timeline: z.boolean().default(false),
});

export type HistoryOptions = z.infer<typeof schema>;

export function historyCommand(context: CliContext): Command {
  const command = new Command('history')
    .description('Shows the last drains: who asked, when which gateway acknowledged, what was cut.')
    .addOption(new Option('-o, --output <format>', 'format').choices(OUTPUTS).default('table'))
    .option('-n, --limit <n>', 'at most so many, the last ones', '20')
    .option('--since <time>', 'only those that ended in the last time, such as 1h')
    .option('--target <ip:port>', 'only those of this target')
    .option('--pod <name>', 'only those of this pod')
    .option('--node <name>', 'only those on this node')
    .option('--cut', 'only those that reached their deadline with something unfinished')
    .option('-t, --timeline', 'with each event');
  return addRegistryOptions(command, context)
    .addHelpText('after', EXAMPLES)
    .action(async (given: unknown) => {
      await runHistory(readOptions('history', schema, given), context);
    });
}
