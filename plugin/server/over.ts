/**
 * Owns the word to the gateway's preStop hook that Kong, which quits, has no client left: a file.
 * Invariant: none is there that an earlier process made.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { messageOf } from '../../core/errors';
import type { AgentOptions } from './agent';

/** For the hook to see the file and end, and for the kubelet to send Kong its signal. */
const HOLD_MS = 2000;

/** What the agent does then; nothing without a file. */
export function tellOver(
  file: string | undefined,
  onError: (message: string) => void,
): AgentOptions['over'] {
  if (file === undefined) return undefined;
  rmSync(file, { force: true });
  const tell = (): void => {
    try {
      writeFileSync(file, '');
    } catch (error) {
      onError(messageOf(error));
    }
  };
  return { tell, holdMs: HOLD_MS };
}
