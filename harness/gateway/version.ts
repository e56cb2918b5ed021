/** Owns the name of the gateway that is tested. Invariant: a version is what the binary itself says. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DrainError } from '../../core/errors';

/** `kong 3.9.3` of a real Kong's binary, `stand-in` without one. Throws `BAD_KONG_BIN`. */
export async function gatewayVersion(kongBin = process.env.KONG_BIN): Promise<string> {
  if (!kongBin) return 'stand-in';
  try {
    const { stdout } = await promisify(execFile)(kongBin, ['version'], { timeout: 20_000 });
    const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
    if (version) return `kong ${version}`;
    throw new Error(`"version" printed ${stdout}`);
  } catch (cause) {
    throw new DrainError('BAD_KONG_BIN', `KONG_BIN=${kongBin} is no Kong: give its binary's path`, {
      cause,
    });
  }
}
