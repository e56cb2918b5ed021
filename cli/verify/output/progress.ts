/**
 * Owns what is shown while the load runs: a bar on a terminal, else a line now and then.
 * Invariant: lines that others print stay whole above the bar.
 */
import { SingleBar } from 'cli-progress';
import type { LoadSnapshot } from '../../../load/result';
import type { CliContext } from '../../context';
import { span } from '../../output/span';

export interface Progress {
  /** `phase`: what goes on now; `share`: 0–1, how much of it is done. */
  show(phase: string, share: number, load: LoadSnapshot): void;
  line(text: string): void;
  end(): void;
}

const LOG_EVERY_MS = 5000;

export function openProgress({
  progress: stream,
  err,
}: Pick<CliContext, 'progress' | 'err'>): Progress {
  return stream ? onTerminal(stream) : inLog(err);
}

function onTerminal(stream: NodeJS.WriteStream): Progress {
  const startedMs = performance.now();
  const bar = new SingleBar({
    ...{ stream, clearOnComplete: true, hideCursor: true, barsize: 20, fps: 5, linewrap: false },
    format: '{phase} {bar} {time}  {counts}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  let last = { phase: '', time: '', counts: '' };
  bar.start(1, 0, last);
  return {
    show: (phase, share, load) => {
      last = { phase, time: span(performance.now() - startedMs), counts: countsOf(load) };
      bar.update(Math.min(1, share), last);
    },
    line: (text) => {
      stream.write(`\r\x1b[K${text}\n`);
      bar.render();
    },
    end: () => bar.stop(),
  };
}

function inLog(err: (text: string) => void): Progress {
  const startedMs = performance.now();
  let saidMs = startedMs;
  let saidPhase = '';
  return {
    show: (phase, _share, load) => {
      const nowMs = performance.now();
      if (phase === saidPhase && nowMs - saidMs < LOG_EVERY_MS) return;
      saidMs = nowMs;
      saidPhase = phase;
      err(`${span(nowMs - startedMs).padStart(8)}  ${phase}: ${countsOf(load)}\n`);
    },
    line: (text) => err(`${text}\n`),
    end: () => undefined,
  };
}

function countsOf({ gets, failed, uploads, cut, corrupt, uploadsInFlight }: LoadSnapshot): string {
  const bad = corrupt > 0 ? `, ${corrupt} corrupt` : '';
  return (
    `${gets} GETs, ${failed} failed; ${uploads} uploads, ${cut} failed${bad}` +
    (uploadsInFlight.length > 0 ? `, ${uploadsInFlight.length} under way` : '')
  );
}
