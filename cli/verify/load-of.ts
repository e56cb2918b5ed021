/** Owns what load a verification makes. Invariant: none of it begins before the service has answered once. */
import { DrainError } from '../../core/errors';
import { clientConnections } from '../../load/agents';
import { exchange } from '../../load/exchange';
import type { LoadOptions } from '../../load/options';
import type { VerifyOptions } from './options';
import { meaningOf } from './report/kinds';

export function loadOptionsOf(options: VerifyOptions): LoadOptions {
  const { url, getRate, getPath, getTimeout, uploads, uploadMb, uploadRate, uploadPath } = options;
  return {
    urls: url,
    ...{ getRate, getPath, postRate: 0, timeoutMs: getTimeout },
    ...{ uploads, uploadMb, uploadRate, uploadPath, uploadTimeoutMs: options.uploadTimeout ?? 0 },
    headers: Object.fromEntries(options.header),
    insecure: options.insecure,
    freshShare: options.freshShare,
    seed: options.seed,
    chunkedShare: options.chunked ? 1 : 0,
    hashRequired: false,
  };
}

const ATTEMPTS = 3;

/** One GET to each address; of its failures the third counts. Throws `SERVICE_UNREACHABLE`. */
export async function askOnce(options: VerifyOptions): Promise<void> {
  const connections = clientConnections(options.insecure, options.getTimeout);
  try {
    if (options.getRate > 0) {
      await Promise.all(options.url.map((base) => ask(new URL(base), options, connections)));
    }
  } finally {
    connections.close();
  }
}

async function ask(
  base: URL,
  { getPath, getTimeout, header }: VerifyOptions,
  connections: ReturnType<typeof clientConnections>,
): Promise<void> {
  const url = new URL(getPath, base);
  let kind = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await exchange({
      url,
      options: { ...connections.options(base, true), headers: Object.fromEntries(header) },
      timeoutMs: getTimeout,
      abandon: new AbortController().signal,
    });
    if (answer.ok) return;
    kind = answer.kind;
  }
  throw new DrainError(
    'SERVICE_UNREACHABLE',
    `GET ${url.href} failed before anything was rolled: ${kind} (${meaningOf(kind)}).\n` +
      'Check --url, --get-path and --header; --insecure accepts a certificate that is not trusted.',
  );
}
