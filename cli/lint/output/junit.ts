/** Owns the output as JUnit XML: a suite for each file, a failed case for each finding. */
import type { Finding } from '../engine';

export function junit(findings: readonly Finding[]): string {
  const files = [...new Set(findings.map(({ file }) => file))];
  const suites = files.map((file) =>
    suite(
      file,
      findings.filter((one) => one.file === file),
    ),
  );
  const all = findings.length === 0 ? [suite('kong-drain lint', [])] : suites;
  const counts = `tests="${Math.max(1, findings.length)}" failures="${findings.length}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="kong-drain lint" ${counts}>\n${all.join('')}</testsuites>\n`;
}

function suite(file: string, findings: readonly Finding[]): string {
  const cases =
    findings.length === 0
      ? ['    <testcase name="no findings" classname="kong-drain"/>\n']
      : findings.map(testCase);
  const counts = `tests="${cases.length}" failures="${findings.length}"`;
  return `  <testsuite name="${escape(file)}" ${counts}>\n${cases.join('')}  </testsuite>\n`;
}

function testCase({ rule, severity, file, line, message, fix }: Finding): string {
  const name = escape(`${rule.id} ${file}:${line}`);
  return (
    `    <testcase name="${name}" classname="${rule.id}" file="${escape(file)}" line="${line}">\n` +
    `      <failure type="${severity}" message="${escape(message)}">${escape(`${file}:${line}\n${fix}`)}</failure>\n` +
    '    </testcase>\n'
  );
}

/** XML 1.0 has no control characters but tab and line breaks. */
function escape(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uFFFD]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
