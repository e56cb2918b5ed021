#!/usr/bin/env node
/** The `kong-drain` binary. Owns the process: environment, streams, exit code. */
import { buffer } from 'node:stream/consumers';
import { runCli } from './program';

// A reader that had enough (`kong-drain … | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

const { NO_COLOR, FORCE_COLOR } = process.env;
const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== '';

// Once asks the command to end, twice ends it. In a container SIGTERM does.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort());
}

void runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  readStdin: () => buffer(process.stdin),
  out: (words) => void process.stdout.write(words),
  err: (words) => void process.stderr.write(words),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  progress: process.stderr.isTTY ? process.stderr : undefined,
  signal: interrupted.signal,
  color: forced || (process.stdout.isTTY && (NO_COLOR ?? '') === ''),
}).then((code) => {
  process.exitCode = code;
  // A pipe may still hold output; and a connection that was given up would keep the process for seconds.
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
});
