/** Owns edits of text by offsets. Invariant: edits that are applied together do not touch each other. */

export interface TextEdit {
  readonly file: string;
  /** Offsets in the text as it was parsed; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((done, edit) => done.slice(0, edit.start) + edit.text + done.slice(edit.end), text);
}

/** True if the two cannot be made in the same pass. */
export function collide(a: TextEdit, b: TextEdit): boolean {
  return a.file === b.file && a.start <= b.end && b.start <= a.end;
}

/** Offset of the line's first character. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Offset behind the line's last character, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  if (found === -1) return text.length;
  return text.charAt(found - 1) === '\r' ? found - 1 : found;
}

export function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
