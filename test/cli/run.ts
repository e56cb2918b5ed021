/** Owns how the tests run the program without a process. */
import { runCli } from '../../cli/program';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function cli(
  args: readonly string[],
  {
    cwd = process.cwd(),
    stdin = '',
    color = false,
    columns = undefined as number | undefined,
    env = {},
    signal = new AbortController().signal,
    onOut = (_text: string): void => undefined,
    onErr = (_text: string): unknown => undefined,
  } = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    cwd,
    env,
    signal,
    progress: undefined,
    readStdin: () => Promise.resolve(Buffer.from(stdin)),
    out: (text) => {
      out += text;
      onOut(text);
    },
    err: (text) => {
      err += text;
      onErr(text);
    },
    columns,
    color,
  });
  return { code, out, err };
}
