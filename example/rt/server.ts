// Owns the HTTP(S) server's limits. Invariant: no limit here can cut a slow but living upload.
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { loadCertificate } from './certificate';
import type { Config } from './config';

/** Makes the server, not yet listening. Rejects if a TLS file cannot be read or is not PEM. */
export async function createServer(config: Config, app: RequestListener): Promise<Server> {
  const limits = {
    // Node's default of 300 s for a whole request would cut slow uploads.
    requestTimeout: 0,
    keepAliveTimeout: config.keepAliveMs,
    // Counts from the accept too, so it must not undercut a connection kept open ahead of its use.
    headersTimeout: Math.max(60_000, config.keepAliveMs + 1000),
  };
  if (!config.https) return createHttpServer(limits, app);
  return createHttpsServer({ ...limits, ...(await loadCertificate(config)) }, app);
}
