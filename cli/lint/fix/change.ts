/** Owns what a mend is: changes of YAML or nginx text, that can be shown as a snippet or made in the file. */
import type { Directive } from '../nginx/directive';
import type { Cursor } from '../yaml/cursor';

export type Change =
  /** Gives the place a value, be there one or not. */
  | { readonly op: 'set'; readonly at: Cursor; readonly value: unknown }
  /** Puts another key and value in the place of a pair. */
  | { readonly op: 'replace'; readonly at: Cursor; readonly key: string; readonly value: unknown }
  /** Takes a pair away. */
  | { readonly op: 'remove'; readonly at: Cursor }
  /** Adds an item to a sequence, which may not be there yet. */
  | { readonly op: 'append'; readonly at: Cursor; readonly value: unknown }
  /** Gives an nginx directive other arguments. */
  | { readonly op: 'arguments'; readonly directive: Directive; readonly text: string }
  /** Adds a directive as the first of a block. */
  | { readonly op: 'add-directive'; readonly block: Directive; readonly text: string };

export const set = (at: Cursor, value: unknown): Change => ({ op: 'set', at, value });

export const remove = (at: Cursor): Change => ({ op: 'remove', at });

export const append = (at: Cursor, value: unknown): Change => ({ op: 'append', at, value });

export const replace = (at: Cursor, key: string, value: unknown): Change => {
  return { op: 'replace', at, key, value };
};
