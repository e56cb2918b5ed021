/**
 * Owns --fix: passes of lint and edit until nothing certain is left. Invariant: a text that can be parsed stays one that
 * can; a finding is mended at most once, so it ends.
 */
import type { Finding } from '../engine';
import type { SourceText } from '../source/sources';
import { editOf } from './edit-of';
import { applyEdits, collide, type TextEdit } from './text-edit';

const MAX_PASSES = 10;

export interface FixResult {
  /** All sources, the changed ones with their new text. */
  readonly sources: readonly SourceText[];
  readonly mended: readonly Finding[];
}

/** `lint` gives the findings for some sources; `parses` tells whether a text still can be read. */
export function fixAll(
  sources: readonly SourceText[],
  lint: (sources: readonly SourceText[]) => readonly Finding[],
  parses: (source: SourceText) => boolean,
): FixResult {
  const mended: Finding[] = [];
  const tried = new Set<string>();
  let current = sources;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const chosen = choose(lint(current), tried);
    if (chosen.length === 0) break;
    current = current.map((source) => {
      const mine = chosen.filter(({ edits }) => edits.some(({ file }) => file === source.file));
      if (mine.length === 0) return source;
      const edits = mine.flatMap((one) => one.edits).filter(({ file }) => file === source.file);
      const changed = { ...source, text: applyEdits(source.text, edits) };
      if (!parses(changed)) return source;
      mended.push(...mine.map(({ finding }) => finding));
      return changed;
    });
  }
  return { sources: current, mended };
}

interface Choice {
  readonly finding: Finding;
  readonly edits: readonly TextEdit[];
}

/** The findings whose edits can all be made together; the others wait for the next pass. */
function choose(findings: readonly Finding[], tried: Set<string>): Choice[] {
  const chosen: Choice[] = [];
  const taken = new Map<string, TextEdit[]>();
  for (const finding of findings) {
    const key = `${finding.rule.id}\n${finding.file}\n${finding.what}`;
    const edits = editsOf(finding);
    if (edits === undefined || tried.has(key)) continue;
    const others = taken.get(finding.file) ?? [];
    if (edits.some((edit) => others.some((other) => collide(edit, other)))) continue;
    tried.add(key);
    chosen.push({ finding, edits });
    taken.set(finding.file, [...others, ...edits]);
  }
  return chosen;
}

/** All edits of a certain mend in its own file; undefined if there is none, or one of them cannot be made. */
export function editsOf({ changes, file }: Finding): readonly TextEdit[] | undefined {
  const edits = changes?.map(editOf) ?? [];
  const made = edits.filter((edit) => edit !== undefined);
  const whole = made.length > 0 && made.length === edits.length;
  const apart = made.every((a, i) => made.every((b, j) => i >= j || !collide(a, b)));
  return whole && apart && made.every((edit) => edit.file === file) ? made : undefined;
}
