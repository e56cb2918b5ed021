/**
 * Owns what may come next on a command line, from the program's own commands and options.
 * Invariant: pure but for `ask`, which tells values that only the registry knows, and may know none.
 */
import type { Argument, Command, Option } from 'commander';

export interface Suggestion {
  readonly value: string;
  readonly about: string;
}

/** Values of the registry: pools, pods, nodes, targets. */
export type Kind = 'pool' | 'pod' | 'node' | 'target';
export type Ask = (kind: Kind) => Promise<readonly string[]>;

/** `files`: file names are welcome too. */
export interface Completion {
  readonly suggestions: readonly Suggestion[];
  readonly files: boolean;
}

const REGISTRY_OPTIONS: Readonly<Record<string, Kind>> = {
  '--pool': 'pool',
  '--pod': 'pod',
  '--node': 'node',
  '--target': 'target',
};

const NOTHING: Completion = { suggestions: [], files: false };

/** `words`: those after the program's name, the last of them the one that is being typed. */
export async function complete(
  program: Command,
  words: readonly string[],
  ask: Ask,
): Promise<Completion> {
  const typed = words.at(-1) ?? '';
  const { command, positionals, option } = walk(program, words.slice(0, -1));
  const inline = /^(--[\w-]+)=(.*)$/s.exec(typed);
  if (inline) {
    const [, flag = '', value = ''] = inline;
    const named = optionOf(command, flag);
    const found = named ? await valuesOf(named, ask) : NOTHING;
    const suggestions = starting(found.suggestions, value);
    return {
      suggestions: suggestions.map((one) => ({ ...one, value: `${flag}=${one.value}` })),
      files: false,
    };
  }
  if (option) return only(await valuesOf(option, ask), typed);
  if (typed.startsWith('-')) {
    return { suggestions: starting(optionsOf(command), typed), files: false };
  }
  const subcommands = visible(command);
  if (subcommands.length > 0) return only({ suggestions: subcommands, files: false }, typed);
  const argument = command.registeredArguments[positionals] ?? repeated(command);
  return argument ? only(await valuesOf(argument, ask), typed) : NOTHING;
}

/** The command that the words lead to, how many of its arguments are there, and the option that waits for its value. */
function walk(program: Command, words: readonly string[]) {
  let command = program;
  let positionals = 0;
  let option: Option | undefined;
  for (const word of words) {
    if (option) option = undefined;
    else if (word.startsWith('-')) option = waiting(command, word);
    else {
      const next = command.commands.find((one) => one.name() === word);
      if (next) command = next;
      else positionals++;
    }
  }
  return { command, positionals, option };
}

function waiting(command: Command, word: string): Option | undefined {
  const option = optionOf(command, word);
  return option?.required === true ? option : undefined;
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => long === flag || short === flag);
}

function repeated({ registeredArguments }: Command): Argument | undefined {
  const last = registeredArguments.at(-1);
  return last?.variadic === true ? last : undefined;
}

/** Options that judge their value themselves describe it by what it may be. */
const LIST = /^[a-z-]+(?:, [a-z-]+)+$/;

async function valuesOf(named: Option | Argument, ask: Ask): Promise<Completion> {
  if (named.argChoices) return { suggestions: named.argChoices.map(plain), files: false };
  if (LIST.test(named.description)) {
    return { suggestions: named.description.split(', ').map(plain), files: false };
  }
  const kind = 'long' in named ? REGISTRY_OPTIONS[named.long ?? ''] : kindOf(named.name());
  if (kind) return { suggestions: (await ask(kind)).map(plain), files: false };
  const wants = 'long' in named ? named.flags : named.name();
  return { suggestions: [], files: /file|dir/.test(wants) };
}

function kindOf(argument: string): Kind | undefined {
  return argument === 'target' ? 'target' : undefined;
}

function optionsOf({ options }: Command): Suggestion[] {
  const help = { value: '--help', about: 'what this command does' };
  return [
    ...options
      .filter(({ hidden, long }) => !hidden && long !== undefined)
      .map(({ long, description }) => ({ value: long ?? '', about: description })),
    help,
  ];
}

function visible(command: Command): Suggestion[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), about: one.summary() || one.description() }));
}

function plain(value: string): Suggestion {
  return { value, about: '' };
}

function only({ suggestions, files }: Completion, typed: string): Completion {
  return { suggestions: starting(suggestions, typed), files };
}

function starting(suggestions: readonly Suggestion[], typed: string): Suggestion[] {
  return suggestions.filter(({ value }) => value.startsWith(typed));
}
