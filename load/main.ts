/** The load's process: told by its parent over IPC what to do, it tells events, a snapshot ten times a second, and the result. */
import { startLoad, type Load } from './load';
import type { FromClient, ToClient } from './load-process';

const SNAPSHOT_MS = 100;
const EVENTS = ['failure', 'upload-start', 'upload-progress', 'upload-end'] as const;

let load: Load | undefined;
let reports: NodeJS.Timeout | undefined;
let journals: readonly string[] = [];

/** Where the parent is gone, 'disconnect' says so; a message that it did not get is no error of its own. */
const tell = (message: FromClient): void =>
  void process.send?.(message, undefined, undefined, () => undefined);

process.on('message', (message: ToClient) => {
  if ('start' in message) {
    const options = message.checksJournals
      ? { ...message.start, journals: () => journals }
      : message.start;
    const running = (load = startLoad(options));
    for (const event of EVENTS) {
      running.on(event, (...args: unknown[]) => tell({ event, args }));
    }
    const report = (): void => tell({ snapshot: running.snapshot() });
    report();
    reports = setInterval(report, SNAPSHOT_MS);
  } else if ('abandon' in message) {
    load?.abandon();
  } else {
    journals = message.stop;
    void load?.stop().then((result) => {
      clearInterval(reports);
      tell({ result });
    });
  }
});
process.on('disconnect', () => process.exit());
