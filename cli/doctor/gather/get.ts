/** Owns the doctor's HTTP calls. Invariant: bounded; a certificate is not what it asks about, so none is verified. */
import http from 'node:http';
import https from 'node:https';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

const TIMEOUT_MS = 3000;
const BODY_MAX_CHARS = 4 << 20;

/** Rejects on transport errors and after 3 s. */
export function get(url: string, agent: http.Agent | false = false): Promise<Answer> {
  const isTls = url.startsWith('https:');
  const transport = isTls ? https : http;
  return new Promise((resolve, reject) => {
    const request = transport.get(
      url,
      {
        agent,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(isTls ? { rejectUnauthorized: false } : {}),
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (body.length < BODY_MAX_CHARS) body += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      },
    );
    request.on('error', (error) =>
      reject(
        error.name === 'AbortError' ? new Error(`no answer in ${TIMEOUT_MS / 1000} s`) : error,
      ),
    );
  });
}
