/** Owns `kong-drain lint` as commander knows it: arguments, options, help. */
import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import { FAIL_ON, OUTPUTS, parseLintOptions, STANDARD } from './options';
import { runLint } from './run';

const EXAMPLES = `
Examples:
  kong-drain lint deploy/ kong.yml nginx.conf        all together: the faults lie between them
  kubectl kustomize overlays/prod | kong-drain lint - kong.yml
  kong-drain lint deploy/ --fix --dry-run            what --fix would change, as a diff
  kong-drain lint deploy/ --output sarif > lint.sarif
  kong-drain lint deploy/ --longest-request 5m --upload-mb 200
  kong-drain lint deploy/ --disable spread-missing,replicas-single --fail-on warning

Exit codes:
  0   no finding of the severity of --fail-on or above
  1   such findings
  2   wrong arguments
  3   some input could not be read; the rest was linted

A finding is switched off by "# kong-drain-ignore RULE" on its line or the line before, or by the annotation
lint.kong-drain.dev/ignore: RULE,… of the object. What each rule means: docs/lint/.
`;

export function lintCommand(context: CliContext): Command {
  const list = (text: string, before: readonly string[] = []): string[] => {
    return [...before, ...text.split(',').map((word) => word.trim())];
  };
  const time = (flag: string, text: string, standard: string) =>
    new Option(`${flag} <time>`, text).default(standard);
  return new Command('lint')
    .description(
      'Checks Kubernetes manifests, Kong declarative files and nginx configuration, together, for what breaks\n' +
        'requests while something rolls.',
    )
    .argument(
      '[files...]',
      'files, directories (*.yaml, *.yml, *.json, *.conf), or - for standard input',
    )
    .addOption(new Option('-o, --output <format>', OUTPUTS.join(', ')).default('table'))
    .addOption(
      new Option(
        '--fail-on <severity>',
        `exit with 1 from this severity on: ${FAIL_ON.join(', ')}`,
      ).default('error'),
    )
    .option('--rules <ids>', 'only these rules (comma list, may be repeated)', list)
    .option('--disable <ids>', 'all rules but these (comma list, may be repeated)', list)
    .option('--list-rules', 'list the rules and end')
    .option('--fix', 'mend in the files what can be mended for certain')
    .option('--dry-run', 'with --fix: show the changes as a diff, change nothing')
    .option('--explain', 'show why, and the corrected snippet, with each finding')
    .option('-v, --verbose', 'tell what was left out, and why')
    .addOption(time('--longest-request', 'longest request or upload', STANDARD.longestRequest))
    .addOption(
      new Option('--upload-mb <n>', 'largest upload, in 10^6 bytes').default(STANDARD.uploadMb),
    )
    .addOption(
      time(
        '--runtime-keepalive',
        "the runtime's keep-alive (Node.js: 5s)",
        STANDARD.runtimeKeepalive,
      ),
    )
    .addOption(time('--spot-grace', 'grace that spot nodes grant', STANDARD.spotGrace))
    .addOption(time('--node-grace', "grace that a node's removal grants", STANDARD.nodeGrace))
    .addOption(time('--reserve', "of the grace, for the runtime's own shutdown", STANDARD.reserve))
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], given: unknown) => {
      context.exitWith(await runLint(parseLintOptions(files, given), context));
    });
}
