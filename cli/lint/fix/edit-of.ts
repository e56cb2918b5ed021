/** Owns the way from a change to the edit of its text. */
import type { Directive } from '../nginx/directive';
import type { Change } from './change';
import { eolOf, lineStart, type TextEdit } from './text-edit';
import { appendEdit, removeEdit, replaceEdit, setEdit } from './yaml-edit';

/** Undefined if the change cannot be made in the text. */
export function editOf(change: Change): TextEdit | undefined {
  switch (change.op) {
    case 'set':
      return setEdit(change.at, change.value);
    case 'append':
      return appendEdit(change.at, change.value);
    case 'replace':
      return replaceEdit(change.at, change.key, change.value);
    case 'remove':
      return removeEdit(change.at);
    case 'arguments':
      return argumentsEdit(change.directive, change.text);
    case 'add-directive':
      return addEdit(change.block, change.text);
  }
}

function argumentsEdit({ args, source, file }: Directive, text: string): TextEdit | undefined {
  const first = args[0];
  const last = args.at(-1);
  if (!source.editable || first === undefined || last === undefined) return undefined;
  return { file, start: first.start, end: last.end, text };
}

function addEdit(
  { block, source, file, inside, start }: Directive,
  words: string,
): TextEdit | undefined {
  if (!source.editable) return undefined;
  const { text } = source;
  const child = block?.[0];
  const model = child?.start ?? start;
  const indent = /^[ \t]*/.exec(text.slice(lineStart(text, model), model))?.[0] ?? '';
  const deeper = child === undefined ? `${indent}    ` : indent;
  return { file, start: inside, end: inside, text: `${eolOf(text)}${deeper}${words}` };
}
