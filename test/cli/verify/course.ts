/** Owns courses of GETs for pure tests, written as text. */
import { Course, type CourseRecord } from '../../../load/course';

const KINDS: Readonly<Record<string, string>> = { x: '502', r: 'refused', t: 'timeout' };

/** `.`: succeeded, `x` 502, `r` refused, `t` timeout, `-`: never ended. One GET each; blanks mean nothing. */
export function courseOf(text: string, perSecond: number, latencyMs = 1): CourseRecord {
  const course = new Course(0, perSecond);
  Array.from(text.replaceAll(' ', '')).forEach((letter, number) => {
    if (letter !== '-') course.end(number, latencyMs, KINDS[letter]);
  });
  return course.record();
}
