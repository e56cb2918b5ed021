/**
 * Owns the pods of bench:path: one nginx that answers 200 on the address of each.
 * Invariant: they cost next to nothing. On a machine shared with gateway and load every microsecond of a pod would be
 * one in which the variants are the same, and so bring their ratio closer to 1 than a gateway on its own node sees it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { POD_PORT } from '../harness/addresses';
import { httpGet } from '../harness/http-get';
import { startProcess, type HarnessProcess } from '../harness/process';
import { waitFor } from '../harness/wait';

/** Starts it on port 8080 of the addresses; resolves when each answers. Throws `CANNOT_START` or `TIMEOUT`. */
export async function startStaticPods(
  dir: string,
  addresses: readonly string[],
): Promise<HarnessProcess> {
  mkdirSync(dir, { recursive: true });
  const file = path.join(dir, 'nginx.conf');
  writeFileSync(file, config(dir, addresses));
  const nginx = startProcess({
    name: 'static pods',
    command: 'nginx',
    args: ['-c', file, '-p', dir, '-e', path.join(dir, 'error.log')],
    logFile: path.join(dir, 'nginx.log'),
  });
  for (const address of addresses) {
    await waitFor(`a static pod on ${address} (${nginx.logFile})`, async () => {
      const answer = await httpGet(`http://${address}:${POD_PORT}/`, { timeoutMs: 500 });
      return answer.status === 200;
    });
  }
  return nginx;
}

function config(dir: string, addresses: readonly string[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'].map(
    (kind) => `  ${kind}_temp_path ${dir}/${kind};`,
  );
  return `daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections 4096; }
http {
  access_log off;
${temporary.join('\n')}
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  server {
${addresses.map((address) => `    listen ${address}:${POD_PORT};`).join('\n')}
    location / { return 200 "ok\\n"; }
  }
}
`;
}
