import { parseOptions } from '../../harness/demo/options';

const parse = (...args: string[]) => parseOptions(args, () => 42);

test('without arguments the defaults make a show of about a minute', () => {
  expect(parse()).toEqual({
    rollouts: 3,
    pods: 2,
    gateways: 1,
    uploadMb: 50,
    uploads: 4,
    uploadRate: 20_000_000,
    getRate: 100,
    postRate: 50,
    https: false,
    unbuffered: false,
    chain: false,
    seed: 42,
  });
});

test('every option is read', () => {
  expect(
    parse(
      ...['--rollouts', '5', '--pods', '3', '--gateways=2', '--upload-mb', '0.5', '--uploads', '8'],
      ...['--upload-rate', '5000000', '--get-rate', '250', '--post-rate', '10', '--https'],
      ...['--unbuffered', '--retries', '0', '--seed', '7', '--json', 'out.json'],
    ),
  ).toEqual({
    rollouts: 5,
    pods: 3,
    gateways: 2,
    uploadMb: 0.5,
    uploads: 8,
    uploadRate: 5_000_000,
    getRate: 250,
    postRate: 10,
    https: true,
    unbuffered: true,
    retries: 0,
    chain: false,
    seed: 7,
    json: 'out.json',
  });
});

test('with --chain there are two gateways, one round, and every layer is replaced, unless told otherwise', () => {
  expect(parse('--chain')).toMatchObject({ chain: true, roll: 'all', gateways: 2, rollouts: 1 });
  expect(parse('--chain', '--roll', 'b', '--gateways', '3', '--rollouts', '2')).toMatchObject({
    roll: 'b',
    gateways: 3,
    rollouts: 2,
  });
});

test.each([
  [['--pods', '1'], '--pods 1: must be a number from 2 to 20'],
  [['--rollouts', '1.5'], '--rollouts 1.5: must be a whole number'],
  [['--upload-mb', 'fifty'], '--upload-mb fifty: must be a number from 0.001 to 1000'],
  [['--upload-mb', ''], '--upload-mb : must be a number from 0.001 to 1000'],
  [['--retries', '-1'], '--retries -1: must be a number from 0 to 32767'],
  [['--get-rate', 'Infinity'], '--get-rate Infinity: must be a number from 1 to 5000'],
  [['--seed', ''], '--seed : must be a number from 0'],
  [['--upload-rate', '1e6'], '--upload-rate 1e6: must be a number from 0'],
  [['--chain', '--roll', 'e'], '--roll e: must be a, b, c, d or all'],
  [['--roll', 'a'], '--roll a: only with --chain'],
  [['--chain', '--gateways', '1'], '--gateways 1: --chain needs 2 or more'],
  [['--json', ''], '--json : must be the name of a file'],
])('%j is refused with its bounds', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});

test('all problems are told at once', () => {
  expect(() => parse('--pods', '0', '--uploads', 'x')).toThrow(/--pods 0.*\n--uploads x/);
});
