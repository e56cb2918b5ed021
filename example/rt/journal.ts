// Owns the journal of request ids. Invariant: a line is in the file before its request is answered, and
// lines of several processes in one file never mix (O_APPEND, one write per line).
import { open } from 'node:fs/promises';

export interface Journal {
  /** Appends one line; rejects with the file system's error. */
  append(id: string): Promise<void>;
}

/** Opens the file for appending. Without a file, lines are dropped. */
export async function openJournal(file: string | undefined): Promise<Journal> {
  if (file === undefined) return { append: async () => {} };
  const handle = await open(file, 'a');
  return {
    append: async (id) => {
      await handle.write(`${id}\n`);
    },
  };
}
