/** Owns wrk, the load of bench:path. Invariant: a run with a failed request is no figure but an error. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { DrainError } from '../core/errors';
import { repositoryRoot } from '../harness/repository';

export interface WrkOptions {
  readonly connections: number;
  readonly seconds: number;
}

export interface WrkResult {
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
}

const SCRIPT = path.join(repositoryRoot, 'bench', 'wrk-json.lua');
const PATIENCE_MS = 20_000;

const result = z.object({
  rps: z.number().positive(),
  p50Ms: z.number(),
  p99Ms: z.number().positive(),
  requests: z.number(),
  failed: z.number(),
});

/**
 * Keeps that many connections busy with GETs of the URL, each sending the next as soon as the last is answered.
 * Throws `NO_WRK` without the Debian package `wrk`, `WRK_FAILED` where one request failed.
 */
export async function wrk(url: string, { connections, seconds }: WrkOptions): Promise<WrkResult> {
  // One thread: the client's share of the machine stays small and the same for every variant.
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', SCRIPT, url];
  const { stdout } = await promisify(execFile)('wrk', args, {
    timeout: seconds * 1000 + PATIENCE_MS,
  }).catch((cause: unknown) => {
    throw new DrainError('NO_WRK', 'cannot run wrk: apt-get install wrk', { cause });
  });
  const lastLine = stdout.trimEnd().split('\n').at(-1) ?? '';
  const { failed, ...figures } = result.parse(JSON.parse(lastLine));
  if (failed > 0) {
    throw new DrainError(
      'WRK_FAILED',
      `${failed} of ${figures.requests} requests to ${url} failed`,
    );
  }
  return figures;
}
