/**
 * Owns the demo's command line. Invariant: the options it returns are within bounds; every problem is told at
 * once, with the option's own name.
 */
import { Command, Option } from 'commander';
import { z } from 'zod';
import { DrainError } from '../../core/errors';

/** Digits only: Number('') would be 0. */
function numberIn(min: number, max: number) {
  const range = `must be a number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+(\.\d+)?$/, range)
    .transform(Number)
    .refine((value) => value >= min && value <= max, range);
}

const whole = (min: number, max: number) =>
  numberIn(min, max).refine(Number.isInteger, 'must be a whole number');

const schema = z.object({
  rollouts: whole(1, 100),
  pods: whole(2, 20),
  gateways: whole(1, 10),
  uploadMb: numberIn(0.001, 1000),
  uploads: whole(1, 64),
  uploadRate: whole(0, 10_000_000_000),
  getRate: numberIn(1, 5000),
  postRate: numberIn(1, 1000),
  https: z.boolean(),
  unbuffered: z.boolean(),
  retries: whole(0, 32_767).optional(),
  json: z.string().min(1, 'must be the name of a file').optional(),
  seed: whole(0, 4_294_967_295),
});

export type DemoOptions = Readonly<z.infer<typeof schema>>;

/** Reads the arguments after the script's name. Throws `BAD_OPTIONS`; prints and exits for --help. */
export function parseOptions(args: readonly string[], randomSeed: () => number): DemoOptions {
  const command = makeCommand();
  command.parse(args, { from: 'user' });
  const given = command.opts<Record<string, string | boolean | undefined>>();
  const parsed = schema.safeParse({ ...given, seed: given['seed'] ?? String(randomSeed()) });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(given[name])}: ${message}`;
  });
  throw new DrainError('BAD_OPTIONS', `${problems.join('\n')}\nSee --help.`);
}

function makeCommand(): Command {
  const number = (flag: string, text: string, standard: string) =>
    new Option(`${flag} <n>`, text).default(standard, standard);
  return new Command('npm run demo --')
    .description(
      'Rolls a fleet of pods behind Kong under load, first as most people do it today, then with the ' +
        'acknowledged drain: same gateway, pods, load and seed. Real Kong if KONG_BIN is set.',
    )
    .addOption(number('--rollouts', 'rollouts of the whole fleet in each run', '3'))
    .addOption(number('--pods', 'runtime pods (2 or more)', '2'))
    .addOption(number('--gateways', 'Kong data-plane nodes', '1'))
    .addOption(number('--upload-mb', 'size of an upload, in 10^6 bytes', '50'))
    .addOption(number('--uploads', 'uploads at once', '4'))
    .addOption(number('--upload-rate', 'bytes/s of each upload; 0: as fast as it goes', '20000000'))
    .addOption(number('--get-rate', 'GETs per second over all gateways', '100'))
    .addOption(number('--post-rate', 'small POSTs per second over all gateways', '50'))
    .option('--https', 'clients and runtimes speak HTTPS', false)
    .option('--unbuffered', 'the route streams bodies (request_buffering: false)', false)
    .addOption(new Option('--retries <n>', "the Kong Service's retries (default: as in kong.yml)"))
    .addOption(new Option('--seed <n>', 'seed of the load (default: random, printed)'))
    .addOption(new Option('--json <file>', 'write the figures to this file'))
    .addHelpText(
      'after',
      '\nExit code: 0 if the plain rollout lost requests and uploads and ours lost nothing; else 1.\n' +
        '\nExamples:\n' +
        '  npm run demo -- --gateways 2 --pods 3 --rollouts 5\n' +
        '  npm run demo -- --upload-rate 5000000 --json figures.json\n',
    );
}
