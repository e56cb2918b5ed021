/** Owns the end of a process of the harness. Invariant: whatever happens, nothing that it started outlives it. */
import { DrainError, messageOf } from '../core/errors';
import { killAll } from './process-groups';

/** Ends the process with the exit code that `main` resolves with, 1 where it rejects. */
export function endWith(main: Promise<number>): void {
  main
    .catch((error: unknown) => {
      console.error(error instanceof DrainError ? `${error.code}: ${messageOf(error)}` : error);
      return 1;
    })
    .then(async (exitCode) => {
      await killAll();
      // Whatever may still hang on a failed run must not hold up who waits for the exit code.
      process.exit(exitCode);
    })
    .catch((error: unknown) => {
      console.error(messageOf(error));
      process.exit(1);
    });
}
