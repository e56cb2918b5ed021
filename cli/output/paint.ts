/** Owns the colours. Invariant: none where the output is no terminal. */
import { styleText } from 'node:util';
import type { CliContext } from '../context';

export type Color = 'red' | 'yellow' | 'green' | 'cyan' | 'dim' | 'bold';
export type Paint = (color: Color, text: string) => string;

export function painter({ color }: Pick<CliContext, 'color'>): Paint {
  return (name, text) => (color ? styleText(name, text, { validateStream: false }) : text);
}
