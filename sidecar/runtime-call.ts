/** Owns how the sidecar reaches its runtime. Invariant: a connection of its own for each call, so that none is kept. */
import http from 'node:http';
import https from 'node:https';

/** For an answer. */
export const RUNTIME_MS = 1000;

/** Begins a call; who makes it ends the request. A certificate is not checked, as the kubelet's httpGet does not. */
export function callRuntime(url: string, options: http.RequestOptions): http.ClientRequest {
  const secure = url.startsWith('https:');
  return (secure ? https : http).request(url, {
    agent: false,
    ...(secure ? { rejectUnauthorized: false } : {}),
    ...options,
  });
}
