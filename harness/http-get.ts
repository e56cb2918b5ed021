/** Owns the harness's small HTTP calls (probes, hooks, status). Invariant: no connection outlives its call. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpGetOptions {
  readonly headers?: Record<string, string>;
  /** Bound on the whole call; none if left out. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** GET, certificates not verified (as the kubelet's probes do). Rejects on transport errors, timeout and abort only. */
export function httpGet(url: string, options: HttpGetOptions = {}): Promise<HttpAnswer> {
  const { headers = {}, timeoutMs, signal } = options;
  const signals = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
  const bounds = signals.filter((bound) => bound !== undefined);
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const call = request(url, {
      agent: false,
      headers,
      signal: AbortSignal.any(bounds),
      ...(url.startsWith('https:') ? { rejectUnauthorized: false } : {}),
    });
    call.on('error', reject);
    call.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.end();
  });
}
