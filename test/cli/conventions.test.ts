/** What every command of `kong-drain` keeps to. */
import { makeProgram } from '../../cli/program';
import { COMPLETE } from '../../cli/completion/command';
import { cli } from './run';

const program = makeProgram({
  ...{ cwd: '.', env: {}, columns: undefined, color: false, progress: undefined },
  ...{ signal: new AbortController().signal, readStdin: () => Promise.resolve(Buffer.from('')) },
  ...{ out: () => undefined, err: () => undefined, exitWith: () => undefined },
});
const commands = program.commands.map((one) => one.name()).filter((name) => name !== COMPLETE);

test('they are all in the help, and the hidden one is not', async () => {
  const { out, code } = await cli(['--help']);
  expect(code).toBe(0);
  for (const name of commands) expect(out).toContain(`\n  ${name} `);
  expect(out).not.toContain(COMPLETE);
  expect(out).toContain('Exit codes:');
});

test.each(commands)('%s --help has examples and exit codes', async (name) => {
  const { out, code } = await cli([name, '--help']);
  expect(code).toBe(0);
  expect(out).toContain(`\nExamples:\n`);
  expect(out).toMatch(new RegExp(`\\n {2}(?:.*\\| )?kong-drain ${name}|kong-drain ${name} bash`));
  expect(out).toMatch(/\nExit codes:\n {2}0 /);
});

test.each(commands.filter((name) => name !== 'completion'))('%s has --output', async (name) => {
  const { out } = await cli([name, '--help']);
  expect(out).toMatch(/-o, --output <format>[^]*table[^]*json[^]*yaml/);
});

test.each([[['nonsense']], [['status', '--nonsense']], [['completion']]])(
  'wrong words, %j: exit code 2, and where the right ones are',
  async (args) => {
    const { code, err } = await cli(args);
    expect(code).toBe(2);
    expect(err).toContain('--help');
  },
);
