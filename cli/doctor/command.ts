/** Owns `kong-drain doctor` as commander knows it. */
import { Command, Option } from 'commander';
import { z } from 'zod';
import type { CliContext } from '../context';
import { listOption, readOptions, spanOption } from '../options';
import { OUTPUTS } from '../output/output';
import { addRegistryOptions, registryOptions } from '../registry/options';
import { runDoctor } from './run';

const EXAMPLES = `
Examples:
  kong-drain doctor --kong http://10.4.0.7:8000 --kong-config kong.yml
  kong-drain doctor --kong-admin http://kong-admin:8001 --runtime http://10.8.1.9:8080/health
  kong-drain doctor --sidecar http://10.8.1.9:8081 --injector http://kong-drain-injector:9090
  kong-drain doctor --no-registry --kong-config kong.yml -o json

It asks all that it is told of, changes nothing, and names each thing that is wrong, with its mend. The more it is told
of, the more it can see. Gateways' leases are watched for as long as --observe says.

Exit codes:
  0   nothing wrong was found (of the severity of --fail-on, or above)
  1   something was
  2   wrong arguments
`;

const urls = z
  .array(z.url({ protocol: /^https?$/, error: 'must be http:// or https:// addresses' }))
  .default([]);

const schema = z.object({
  ...registryOptions,
  output: z.enum(OUTPUTS),
  failOn: z.enum(['error', 'warning']),
  registry: z.boolean(),
  kong: urls,
  kongAdmin: urls,
  kongConfig: z.array(z.string()).default([]),
  runtime: urls,
  sidecar: urls,
  injector: urls,
  observe: spanOption,
});

export type DoctorOptions = z.infer<typeof schema>;

export function doctorCommand(context: CliContext): Command {
  const command = new Command('doctor')
    .description('Names what is wrong with Redis, Kong, its configuration, sidecars and runtimes.')
    .option(
      '--kong <urls>',
      "comma list: proxy listeners of Kong nodes, or their sync routes' URLs",
      listOption,
    )
    .option('--kong-admin <urls>', "comma list: Admin APIs, for Kong's configuration", listOption)
    .option('--kong-config <files>', 'comma list: declarative configuration files', listOption)
    .option(
      '--runtime <urls>',
      "comma list: runtimes' own health URLs, for their keep-alive",
      listOption,
    )
    .option('--sidecar <urls>', 'comma list: sidecars, http://POD:8081', listOption)
    .option('--injector <urls>', "comma list: injectors, on their metrics' port", listOption)
    .option('--observe <time>', 'watch leases and idle connections for so long', '6s')
    .option('--no-registry', 'leave Redis out')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 from this severity on')
        .choices(['error', 'warning'])
        .default('warning'),
    )
    .addOption(new Option('-o, --output <format>', 'format').choices(OUTPUTS).default('table'));
  return addRegistryOptions(command, context)
    .addHelpText('after', EXAMPLES)
    .action(async (given: unknown) => {
      context.exitWith(await runDoctor(readOptions('doctor', schema, given), context));
    });
}
