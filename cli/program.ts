/**
 * Owns the `kong-drain` program: its commands, and how their ends become exit codes. A new command is one factory,
 * added to COMMANDS. Invariant: a user's mistake is a message and a code, never a stack trace.
 */
import { Command, CommanderError } from 'commander';
import { DrainError } from '../core/errors';
import { completeCommand, completionCommand } from './completion/command';
import { consoleCommand } from './console/command';
import type { CliContext } from './context';
import { doctorCommand } from './doctor/command';
import { drainCommand, undrainCommand } from './drain/command';
import { EXIT, type ExitCode } from './exit-codes';
import { historyCommand } from './history/command';
import { lintCommand } from './lint/command';
import { statusCommand } from './status/command';
import { verifyCommand } from './verify/command';
import { version } from './version';

type CommandFactory = (context: CliContext) => Command;

const COMMANDS: readonly CommandFactory[] = [
  ...[statusCommand, historyCommand, drainCommand, undrainCommand],
  ...[consoleCommand, doctorCommand, lintCommand, verifyCommand, completionCommand],
];

/** Codes of errors that are mistakes in the arguments. */
const USAGE = new Set(['BAD_OPTIONS']);

const EXAMPLES = `
Examples:
  kong-drain status --watch
  kong-drain drain --node gke-pool-1-a1b2 --wait
  kong-drain lint deploy/ kong.yml
  kong-drain verify --url https://shop.example.com --html report.html -- kubectl rollout restart deployment/rt

Exit codes: 0 done; 1 done, and what was found is bad; 2 wrong arguments; 3 something could not be read or reached;
70 a fault of kong-drain itself. What 1 means to a command, its own --help says.
`;

export function makeProgram(context: CliContext): Command {
  const program = new Command('kong-drain')
    .description('Acknowledged drain for Kong Gateway: see, check and prove it.')
    .version(version)
    .helpCommand(true)
    .showHelpAfterError('(kong-drain --help lists the commands)')
    .addHelpText('after', EXAMPLES);
  for (const factory of COMMANDS) program.addCommand(factory(context));
  program.addCommand(completeCommand(context, program), { hidden: true });
  for (const command of program.commands) {
    command.showHelpAfterError(`(kong-drain ${command.name()} --help has examples)`);
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: context.out, writeErr: context.err });
  }
  return program;
}

/** Runs one command line, the words after the program's name. Resolves to the exit code; does not throw. */
export async function runCli(
  args: readonly string[],
  context: Omit<CliContext, 'exitWith'>,
): Promise<ExitCode> {
  let code: ExitCode = EXIT.clean;
  const program = makeProgram({ ...context, exitWith: (given) => (code = given) });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.clean : EXIT.usage;
    if (error instanceof DrainError) {
      context.err(`error: ${error.message}\n`);
      return USAGE.has(error.code) ? EXIT.usage : EXIT.unreadable;
    }
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    context.err(`kong-drain failed, which is a fault of its own; please report it:\n${told}\n`);
    return EXIT.internal;
  }
}
