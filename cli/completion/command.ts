/** Owns `kong-drain completion`, and the hidden command that its scripts ask. */
import { Argument, Command } from 'commander';
import type { CliContext } from '../context';
import { complete } from './complete';
import { registryValues } from './registry-values';
import { SCRIPTS, SHELLS, type Shell } from './scripts';

const EXAMPLES = `
Examples:
  source <(kong-drain completion bash)                      this shell; in ~/.bashrc: every one
  source <(kong-drain completion zsh)                       after compinit
  kong-drain completion bash > /etc/bash_completion.d/kong-drain

Pools, pods, nodes and targets are asked of Redis (DRAIN_REDIS_URL, --redis), for a second at most.

Exit codes:
  0   the script was printed
  2   wrong arguments
`;

export function completionCommand(context: CliContext): Command {
  return new Command('completion')
    .description('Prints the script by which a shell completes commands, options and names.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action((shell: Shell) => context.out(SCRIPTS[shell]));
}

export const COMPLETE = '__complete';

/** One suggestion a line, `value<TAB>about`; `:files` where file names are welcome too. */
export function completeCommand(context: CliContext, program: Command): Command {
  return new Command(COMPLETE)
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const ask = registryValues(words, context);
      const { suggestions, files } = await complete(program, words, ask);
      const lines = suggestions.map(({ value, about }) => `${value}\t${oneLine(about)}`);
      context.out([...lines, ...(files ? [':files'] : []), ''].join('\n'));
    });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
