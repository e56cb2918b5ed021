/** Owns the soak's command line. Invariant: the options it returns are within bounds, or it says which are not. */
import { Command, InvalidArgumentError, Option } from 'commander';

export interface SoakOptions {
  readonly rollouts: number;
  readonly pods: number;
  readonly gateways: number;
  /** Per second. */
  readonly getRate: number;
  readonly postRate: number;
  readonly uploads: number;
  readonly uploadMb: number;
  /** Bytes per second. */
  readonly uploadRate: number;
  readonly seed: number;
  readonly json?: string;
}

/** Reads the arguments after the script's name; prints and exits for --help and for what is out of bounds. */
export function parseOptions(args: readonly string[], randomSeed: () => number): SoakOptions {
  const number = (flag: string, text: string, [min, max]: [number, number], standard?: number) =>
    new Option(`${flag} <n>`, `${text} (${min}–${max})`)
      .argParser((value) => {
        if (/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max)
          return Number(value);
        throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
      })
      .default(standard ?? randomSeed(), standard === undefined ? 'random, printed' : undefined);
  return new Command('npm run soak --')
    .description(
      'Rolls the pods again and again under load while gateways quit and reload, plugin servers and Redis are killed or ' +
        'hang, at random times. Real Kong if KONG_BIN is set.',
    )
    .addOption(number('--rollouts', 'rollouts in a row', [1, 1000], 20))
    .addOption(number('--pods', 'runtime pods', [2, 20], 3))
    .addOption(number('--gateways', 'gateways', [2, 5], 2))
    .addOption(number('--get-rate', 'GETs per second', [1, 5000], 500))
    .addOption(number('--post-rate', 'small POSTs per second', [0, 1000], 50))
    .addOption(number('--uploads', 'uploads at once', [1, 64], 6))
    .addOption(number('--upload-mb', 'size of an upload, in 10^6 bytes', [1, 1000], 50))
    .addOption(number('--upload-rate', 'bytes/s of each upload', [1000, 1e9], 5_000_000))
    .addOption(number('--seed', 'seed of the load and of what happens', [0, 4_294_967_295]))
    .addOption(new Option('--json <file>', 'write the report to this file'))
    .addHelpText(
      'after',
      '\nExit code: 0 if nothing was lost that the gateway alone would not have lost, and every count of requests in ' +
        'flight went back to 0; else 1.\n\nExample:\n  npm run soak -- --rollouts 3 --seed 7 --json soak.json\n',
    )
    .parse(args, { from: 'user' })
    .opts<SoakOptions>();
}
