/** Owns the output as SARIF 2.1.0, which code hosts show beside the lines of a change. */
import { version } from '../../version';
import type { Finding } from '../engine';
import type { Rule, Severity } from '../rule';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

export function sarif(findings: readonly Finding[], rules: readonly Rule[]): string {
  const index = new Map(rules.map(({ id }, place) => [id, place]));
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'kong-drain', version, rules: rules.map(describe) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ rule, severity, file, line, message, fix }) => ({
          ruleId: rule.id,
          ruleIndex: index.get(rule.id),
          level: LEVELS[severity],
          message: { text: `${message}\n\nCorrected:\n${fix}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(file) },
                region: { startLine: line },
              },
            },
          ],
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function describe({ id, severity, title, why, source }: Rule) {
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    ...(source.url === undefined ? {} : { helpUri: source.url }),
    defaultConfiguration: { level: LEVELS[severity] },
  };
}

function uriOf(file: string): string {
  return file === '-' ? 'stdin' : file.split('/').map(encodeURIComponent).join('/');
}
