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
  chain: z.boolean(),
  roll: z.enum(['a', 'b', 'c', 'd', 'all'], 'must be a, b, c, d or all').optional(),
  json: z.string().min(1, 'must be the name of a file').optional(),
  seed: whole(0, 4_294_967_295),
});

export type DemoOptions = Readonly<z.infer<typeof schema>>;

type Given = Readonly<Record<string, string | boolean | undefined>>;

/** A round through the chain takes minutes, and a gateway can only be replaced where another one takes over. */
const defaultsOf = ({ chain }: Given): Given =>
  chain ? { rollouts: '1', gateways: '2', roll: 'all' } : { rollouts: '3', gateways: '1' };

/** Reads the arguments after the script's name. Throws `BAD_OPTIONS`; prints and exits for --help. */
export function parseOptions(args: readonly string[], randomSeed: () => number): DemoOptions {
  const command = makeCommand();
  command.parse(args, { from: 'user' });
  const given = command.opts<Given>();
  const parsed = schema.safeParse({
    ...defaultsOf(given),
    ...given,
    seed: given['seed'] ?? String(randomSeed()),
  });
  const problems = (parsed.error?.issues ?? []).map(({ path, message }) => {
    const name = String(path[0]);
    return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(given[name])}: ${message}`;
  });
  if (!given['chain'] && given['roll'] !== undefined) {
    problems.push(`--roll ${String(given['roll'])}: only with --chain`);
  }
  if (given['chain'] && given['gateways'] === '1') {
    problems.push('--gateways 1: --chain needs 2 or more');
  }
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new DrainError('BAD_OPTIONS', `${problems.join('\n')}\nSee --help.`);
}

function makeCommand(): Command {
  const number = (flag: string, text: string, standard?: string) => {
    const option = new Option(`${flag} <n>`, text);
    return standard === undefined ? option : option.default(standard, standard);
  };
  return new Command('npm run demo --')
    .description(
      'Rolls a fleet of pods behind Kong under load, first as most people do it today, then with the ' +
        'acknowledged drain: same gateway, pods, load and seed. Real Kong if KONG_BIN is set.',
    )
    .addOption(number('--rollouts', 'rollouts in each run (default: 3; with --chain 1)'))
    .addOption(number('--pods', 'runtime pods (2 or more)', '2'))
    .addOption(number('--gateways', 'Kong data-plane nodes (default: 1; with --chain 2)'))
    .addOption(number('--upload-mb', 'size of an upload, in 10^6 bytes', '50'))
    .addOption(number('--uploads', 'uploads at once', '4'))
    .addOption(number('--upload-rate', 'bytes/s of each upload; 0: as fast as it goes', '20000000'))
    .addOption(number('--get-rate', 'GETs per second over all gateways', '100'))
    .addOption(number('--post-rate', 'small POSTs per second over all gateways', '50'))
    .option('--https', 'clients and runtimes speak HTTPS', false)
    .option('--unbuffered', 'the route streams bodies (request_buffering: false)', false)
    .addOption(new Option('--retries <n>', "the Kong Service's retries (default: as in kong.yml)"))
    .option('--chain', 'put before Kong: balancer, A (nginx, TLS), B (nginx, TCP)', false)
    .addOption(
      new Option(
        '--roll <layer>',
        'with --chain, what is replaced: a, b, c (Kong), d (the pods) or all',
      ),
    )
    .addOption(new Option('--seed <n>', 'seed of the load (default: random, printed)'))
    .addOption(new Option('--json <file>', 'write the figures to this file'))
    .addHelpText(
      'after',
      '\nExit code: 0 if ours lost nothing and the plain rollout lost requests and uploads (with --chain: ' +
        'anything); else 1.\n' +
        '\nExamples:\n' +
        '  npm run demo -- --gateways 2 --pods 3 --rollouts 5\n' +
        '  npm run demo -- --upload-rate 5000000 --json figures.json\n' +
        '  npm run demo -- --chain --roll all\n',
    );
}
