/** Owns `kong-drain console` as commander knows it. */
import { Command, Option } from 'commander';
import { z } from 'zod';
import { listenAddress } from '../../registry/env';
import type { CliContext } from '../context';
import { listOption, readOptions, spanOption } from '../options';
import { OUTPUTS } from '../output/output';
import { addRegistryOptions, registryOptions } from '../registry/options';
import { runConsole } from './run';

const EXAMPLES = `
Examples:
  kong-drain console                                 then open http://127.0.0.1:8700
  kong-drain console --redis redis://10.0.0.5:6379 --pool rt
  CONSOLE_TOKEN=$(openssl rand -hex 16) kong-drain console
  kubectl -n kong-drain port-forward service/kong-drain-console 8700

Without a token the page only shows; with one, who enters it may drain and undrain targets. A token on the command line
can be read by others on this machine: give it by CONSOLE_TOKEN. The page itself asks for no login: leave it on loopback,
or put something in front of it that does, and name that by --allow-host.

Exit codes:
  0   ended by Ctrl-C or SIGTERM
  2   wrong arguments
  3   the address could not be listened on
`;

const TOKEN_LEAST = 16;

const schema = z.object({
  ...registryOptions,
  output: z.enum(OUTPUTS),
  listen: listenAddress(),
  token: z
    .string()
    .min(TOKEN_LEAST, `must have ${TOKEN_LEAST} characters at least: openssl rand -hex 16`)
    .regex(/^[\x21-\x7e]+$/, 'must be of printable characters without blanks')
    .optional(),
  allowHost: z.array(z.string()).default([]),
  interval: spanOption,
});

export type ConsoleOptions = z.infer<typeof schema>;

export function consoleCommand(context: CliContext): Command {
  const { CONSOLE_TOKEN: token = '' } = context.env;
  const command = new Command('console')
    .description('Serves a live page of pools, drains, gateways and past drains.')
    .option('--listen <host:port>', 'where to listen; port 0: any that is free', '127.0.0.1:8700')
    .addOption(
      new Option('--token <token>', 'opens drain and undrain; as CONSOLE_TOKEN').default(
        token === '' ? undefined : token,
        token === '' ? undefined : 'that of CONSOLE_TOKEN',
      ),
    )
    .option(
      '--allow-host <names>',
      'names, beside localhost, by which browsers may ask for it (comma list)',
      listOption,
    )
    .option('--interval <time>', 'look at the registry at least so often', '1s')
    .addOption(
      new Option('-o, --output <format>', 'how its address is told')
        .choices(OUTPUTS)
        .default('table'),
    );
  return addRegistryOptions(command, context)
    .addHelpText('after', EXAMPLES)
    .action(async (given: unknown) => {
      const options = readOptions('console', schema, given, ({ interval }) =>
        interval < 100 ? ['--interval: must be 100ms at least'] : [],
      );
      await runConsole(options, context);
    });
}
