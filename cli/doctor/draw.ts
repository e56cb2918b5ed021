/** Owns the look of a diagnosis for people. */
import type { Paint } from '../output/paint';
import { CHECKS } from './checks/catalogue';
import type { Diagnosis } from './diagnose';

export function drawDiagnosis({ problems, passed, notMade }: Diagnosis, paint: Paint): string {
  const titleOf = new Map(CHECKS.map(({ id, title }) => [id, title]));
  const told = problems.map(({ check, severity, subject, message, fix }) =>
    [
      `${paint(severity === 'error' ? 'red' : 'yellow', severity)}  ${check}: ${subject}`,
      `  ${message.split('\n').join('\n  ')}`,
      `  ${paint('bold', 'Fix:')} ${fix.split('\n').join('\n    ')}`,
      '',
    ].join('\n'),
  );
  return [
    ...passed.map((id) => `${paint('green', 'ok')}     ${titleOf.get(id) ?? id}\n`),
    ...(passed.length > 0 && told.length > 0 ? ['\n'] : []),
    ...told.map((text) => `${text}\n`),
    notMade.length === 0
      ? ''
      : `Not checked, as nothing of it was named (see --help) or answered: ${notMade.join(', ')}.\n`,
    problems.length === 0 ? 'Nothing wrong was found.\n' : `${problems.length} found.\n`,
  ].join('');
}
