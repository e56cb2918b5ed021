/**
 * Owns how the demo is shown: a live screen on a terminal, else lines of a log.
 * Invariant: on a terminal the picture is drawn in place and what is printed before or after it stays whole.
 */
import { clearScreenDown, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { describeErrors, draw } from './draw';
import type { Scene } from './scene';

export interface Audience {
  /** How often a scene is wanted. */
  readonly everyMs: number;
  /** Something happened. On a terminal the scene shows it. */
  event(text: string): void;
  show(scene: Scene): void;
  /** Takes the live picture away. */
  end(): void;
}

/** The audience behind a stream. */
export function audienceOf(output: WriteStream): Audience {
  return output.isTTY ? onTerminal(output) : inLog((line) => void output.write(`${line}\n`));
}

function onTerminal(output: WriteStream): Audience {
  let drawnLines = 0;
  const erase = () => {
    if (drawnLines > 0) moveCursor(output, -output.columns, -drawnLines);
    clearScreenDown(output);
    drawnLines = 0;
  };
  return {
    everyMs: 100,
    event: () => {},
    show: (scene) => {
      const lines = draw(scene, output.columns - 1, output.rows - 1);
      erase();
      output.write(`${lines.join('\n')}\n`);
      drawnLines = lines.length;
    },
    end: erase,
  };
}

function inLog(print: (line: string) => void): Audience {
  return {
    everyMs: 5000,
    event: print,
    show: ({ elapsedMs, load }) => {
      if (!load) return;
      const { requests, failed, uploads, cut, corrupt, errors } = load;
      print(
        `${(elapsedMs / 1000).toFixed(1).padStart(6)} s  requests ${requests}, failed ${failed}, uploads ${uploads}, ` +
          `cut ${cut}, corrupt ${corrupt}${failed + cut > 0 ? ` (${describeErrors(errors)})` : ''}`,
      );
    },
    end: () => {},
  };
}
