/**
 * Owns what a command may touch of the process. Invariant: commands read and write through it alone, so that tests
 * run them without a process.
 */
import type { ExitCode } from './exit-codes';

export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory that relative file names start from. */
  readonly cwd: string;
  readonly readStdin: () => Promise<Buffer>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Columns of the terminal; undefined when the output is piped. */
  readonly columns: number | undefined;
  /** True on a terminal, unless NO_COLOR is set. */
  readonly color: boolean;
  /** Standard error where it is a terminal, for progress bars. */
  readonly progress: NodeJS.WriteStream | undefined;
  /** Aborted when the user interrupts a command that goes on until then. */
  readonly signal: AbortSignal;
  /** Called by a command when it has done its work. */
  readonly exitWith: (code: ExitCode) => void;
}
