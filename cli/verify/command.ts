/** Owns `kong-drain verify` as commander knows it: arguments, options, help. */
import { Command, Option } from 'commander';
import type { CliContext } from '../context';
import { OUTPUTS } from '../output/output';
import { addRegistryOptions } from '../registry/options';
import { parseVerifyOptions, repeated } from './options';
import { runVerify } from './run';

const EXAMPLES = `
Examples:
  kong-drain verify --url https://shop.example.com --upload-path /upload --upload-mb 50 --uploads 4 \\
    --get-path / --get-rate 200 -- kubectl rollout restart deployment/rt
  kong-drain verify --url https://shop.example.com --html report.html --json report.json -- ./deploy.sh
  kong-drain verify --url http://10.0.0.7:8000 --redis redis://redis:6379 -- kubectl rollout restart deployment/rt
  kong-drain verify --url https://shop.example.com --duration 5m --max-failed 0.01% --max-p99 300ms

The load begins --before the command and goes on until the rollout has settled: the command has ended, and then
"kubectl rollout status" for a "kubectl rollout restart" (or --settled-when); no target drains, by the registry; and
--after that time nothing failed and no pod changed. Ctrl-C ends the load and reports what was seen.

Exit codes:
  0    every threshold was kept, and the rollout settled
  1    a threshold was exceeded, the command failed, or the rollout did not settle
  2    wrong arguments
  3    the service did not answer before anything was rolled, or a report could not be written
  130  interrupted, with every threshold kept until then

A failed GET or upload is counted once, under its kind: refused, reset-unsent, reset-sent, truncated, timeout, an HTTP
status (502), unreachable, dns, tls, malformed. An upload whose answer is JSON with another "sha256" is corrupt.
`;

export function verifyCommand(context: CliContext): Command {
  const option = (flags: string, text: string, standard?: string) => {
    const made = new Option(flags, text);
    return standard === undefined ? made : made.default(standard);
  };
  const command = new Command('verify')
    .description(
      'Proves a rollout: constant load on a service before, during and after a command, and what clients saw of it.',
    )
    .argument('[command...]', 'what rolls the service, behind --; without it the load alone')
    .addOption(
      new Option('-u, --url <url>', 'the service; may be repeated, then in turn').argParser(
        repeated,
      ),
    )
    .addOption(option('--get-path <path>', 'path of the GETs', '/'))
    .addOption(option('--get-rate <n>', 'GETs per second, by the clock; 0: none', '100'))
    .addOption(option('--get-timeout <time>', 'a GET fails after this time', '10s'))
    .addOption(option('--upload-path <path>', 'path of the uploads (POST)', '/upload'))
    .addOption(option('--uploads <n>', 'uploads at once', '0'))
    .addOption(option('--upload-mb <n>', 'size of an upload, in 10^6 bytes', '50'))
    .addOption(
      option('--upload-rate <n>', 'bytes per second of each upload; 0: as fast as it goes', '0'),
    )
    .addOption(
      option(
        '--upload-timeout <time>',
        'an upload fails after this time (default: by size and rate)',
      ),
    )
    .option('--chunked', 'uploads without Content-Length')
    .addOption(
      new Option(
        '-H, --header <line>',
        "with each request: 'Name: value'; may be repeated",
      ).argParser(repeated),
    )
    .option('-k, --insecure', 'accept any certificate')
    .addOption(
      option('--fresh-share <n>', 'share (0 to 1) of GETs on a connection of their own', '0.1'),
    )
    .addOption(
      option('--seed <n>', 'of the bodies, and of which requests use a fresh connection', '1'),
    )
    .addOption(option('--before <time>', 'load before the command begins', '5s'))
    .addOption(
      option('--after <time>', 'quiet time that ends it (default: 10s with --redis, else 35s)'),
    )
    .addOption(option('--duration <time>', 'without a command: how long (default: until Ctrl-C)'))
    .addOption(
      option('--settled-when <command>', "shell command that ends when the rollout has; '': none"),
    )
    .addOption(option('--settle-timeout <time>', 'longest time from the end of the command', '10m'))
    .addOption(
      option(
        '--max-failed <n>',
        'most failures, uploads and corrupt ones included; or a share: 0.1%',
        '0',
      ),
    )
    .addOption(option('--max-downtime <time>', 'longest downtime, all windows together'))
    .addOption(option('--max-p99 <time>', 'longest corrected latency of 99 % of the GETs'))
    .addOption(option('-o, --output <format>', OUTPUTS.join(', '), 'table'))
    .addOption(option('--json <file>', 'write the whole report as JSON'))
    .addOption(option('--html <file>', 'write a report with a timeline, one HTML file'));
  // Without --redis or DRAIN_REDIS_URL there is no registry: this works on any service.
  const withRegistry = (): boolean =>
    command.getOptionValueSource('redis') === 'cli' || (context.env.DRAIN_REDIS_URL ?? '') !== '';
  return addRegistryOptions(command, context)
    .addHelpText('after', EXAMPLES)
    .action(async (words: string[], given: unknown) => {
      const options = parseVerifyOptions(words, given, withRegistry());
      context.exitWith(await runVerify(options, context));
    });
}
