/**
 * Owns the pages of docs/lint/, made from the rules themselves. Prettier formats them after; a test compares them without
 * regard to that.
 */
import { ANNOTATIONS } from '../annotations';
import type { Example, Rule } from '../rule';
import { GROUPS, RULES } from '../rules/catalogue';
import { DEFAULTS } from '../settings';

/** File name → text, for every page of docs/lint/. */
export function pages(): ReadonlyMap<string, string> {
  const rules = RULES.map((rule) => [`${rule.id}.md`, page(rule)] as const);
  return new Map([['README.md', overview()], ...rules]);
}

function page({ id, severity, title, why, source, more, fixes, bad, good }: Rule): string {
  const from = source.url === undefined ? source.name : `[${source.name}](${source.url})`;
  return [
    '<!-- Written by npm run docs:lint from the rule itself. -->',
    `# ${id}`,
    `**${title}.** Severity: ${severity}.`,
    why,
    ...(more === undefined ? [] : [more]),
    `Source: ${from}.`,
    `\`--fix\`: ${fixes ?? 'no, the mend depends on what you want'}.`,
    '## It fires on',
    ...shown(bad),
    '## It does not on',
    ...shown(good),
    `[All rules](README.md)\n`,
  ].join('\n\n');
}

function shown(example: Example): string[] {
  return Object.entries(example).flatMap(([file, text]) => [
    `\`${file}\``,
    `\`\`\`${file.endsWith('.conf') ? 'nginx' : 'yaml'}\n${text.trimEnd()}\n\`\`\``,
  ]);
}

function overview(): string {
  return [
    '<!-- Written by npm run docs:lint from the rules themselves. -->',
    '# Rules of `kong-drain lint`',
    `\`kong-drain lint FILES…\` reads Kubernetes manifests, Kong declarative files and nginx configuration files _together_, because the faults lie between them. Which Kong Service leads to which pods it finds out by itself: by the names of Upstreams, targets and Kubernetes Services, by selectors, and by the annotations of Kong's ingress controller. nginx and Kong files inside ConfigMaps are read too.`,
    ...GROUPS.flatMap(({ title, rules }) => [
      `## ${title}`,
      table(
        ['rule', 'severity', 'fires on', '`--fix`'],
        rules.map((rule) => {
          return [
            `[${rule.id}](${rule.id}.md)`,
            rule.severity,
            rule.title,
            rule.fixes === undefined ? '' : 'yes',
          ];
        }),
      ),
    ]),
    '## What the files do not say',
    'Flags of the command; an annotation of the workload or its pod template, where there is one, goes before them.',
    table(['flag', 'default', 'meaning'], flags()),
    table(
      ['annotation', 'meaning'],
      Object.values(ANNOTATIONS).map(({ name, meaning }) => [`\`${name}\``, meaning]),
    ),
    '## Which findings fail',
    '`--fail-on error` is the default: warnings and infos are told, but the exit code stays 0. `--fail-on warning`, `info` or `never` choose otherwise. `--rules` and `--disable` take comma lists of rules. A single finding is switched off by a comment on its line or the line before, or by the annotation above:',
    '```yaml\nstrategy:\n  rollingUpdate:\n    maxUnavailable: 1 # kong-drain-ignore rollout-max-unavailable\n```',
    table(
      ['exit code', 'meaning'],
      [
        ['0', 'no finding of the severity of `--fail-on` or above'],
        ['1', 'such findings'],
        ['2', 'wrong arguments'],
        ['3', 'some input could not be read; the rest was linted'],
        ['70', 'a fault of kong-drain itself'],
      ],
    ),
    '## Output',
    '`--output table` (default), `json`, `yaml`, `sarif` (2.1.0, for code hosts) or `junit` (for CI). JSON and YAML are a list of:',
    '```json\n{\n  "rule": "rollout-max-unavailable",\n  "severity": "error",\n  "file": "rt.yaml",\n  "line": 9,\n  "message": "what is wrong, why, and who says so",\n  "fix": "the corrected snippet"\n}\n```',
    'What was mended, what could not be read, and with `-v` what was left out, is told on standard error.',
    '## What `--fix` changes',
    'Only what is right whatever else there may be; the rest is told with a snippet. The text is edited in place: comments, order and layout stay. What comes from an alias (`*name`, `<<`), from a ConfigMap or from standard input is not edited. `--fix --dry-run` shows the changes as a diff.',
    '## What it cannot see',
    [
      '- `include` of nginx is not followed: name the included files too. Where the outer file is not among them, only what is written is judged, not what is missing.',
      '- Kustomize sources are parts: pipe `kubectl kustomize DIR` into it. Patches that a `kustomization.yaml` beside them names are left out.',
      '- Helm templates are no YAML: pipe `helm template` into it.',
      '- Values from Secrets, ConfigMaps (`valueFrom`, `envFrom`) and databases.\n',
    ].join('\n'),
  ].join('\n\n');
}

function flags(): string[][] {
  return [
    [
      '`--longest-request`',
      `${DEFAULTS.longestRequestSeconds}s`,
      'longest request or upload, first byte to last',
    ],
    ['`--upload-mb`', String(DEFAULTS.uploadMb), 'largest upload, in 10^6 bytes'],
    [
      '`--runtime-keepalive`',
      `${DEFAULTS.runtimeKeepaliveSeconds}s`,
      "keep-alive of the runtime's server; Node.js has 5 s unless told otherwise",
    ],
    ['`--spot-grace`', `${DEFAULTS.spotGraceSeconds}s`, 'grace that spot nodes grant (15 to 25 s)'],
    [
      '`--node-grace`',
      `${DEFAULTS.nodeGraceSeconds}s`,
      "grace that a node's removal grants (cluster autoscaler: 600 s)",
    ],
    [
      '`--reserve`',
      `${DEFAULTS.reserveSeconds}s`,
      "of the grace period, for the runtime's own shutdown",
    ],
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
