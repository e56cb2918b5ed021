/**
 * Owns the comparison of what clients were answered with what the runtimes saw (their RT_JOURNAL files, one
 * request id a line). Invariant: only ids of this load are judged, each once.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface JournalVerdict {
  readonly duplicate: readonly string[];
  readonly unseen: readonly string[];
}

/** Of the answered ids, those that the journals hold more than once and those that they do not hold. */
export function judgeJournals(
  answered: Iterable<string>,
  journals: readonly string[],
): JournalVerdict {
  const seen = new Map<string, number>();
  for (const id of journals.flatMap((text) => text.split('\n'))) {
    seen.set(id, (seen.get(id) ?? 0) + 1);
  }
  const ids = [...answered];
  return {
    duplicate: ids.filter((id) => (seen.get(id) ?? 0) > 1),
    unseen: ids.filter((id) => !seen.has(id)),
  };
}

/** Reads the files and judges; reads again within `withinMs` while ids are unseen. A missing file counts as empty. */
export async function checkJournals(
  answered: Iterable<string>,
  files: readonly string[],
  withinMs = 1000,
): Promise<JournalVerdict> {
  const ids = [...answered];
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const verdict = judgeJournals(ids, await Promise.all(files.map(readOrEmpty)));
    if (verdict.unseen.length === 0 || performance.now() > deadlineMs) return verdict;
    await delay(50);
  }
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
