/**
 * The kubelet of one pod of docker-compose.yml: first process of the pod's PID and network namespace, as the pause
 * container is. `POST /delete` ends the pod's two containers in the kubelet's order; Docker starts them again
 * (`restart: always`), which is the new pod, on the old address.
 * Invariant: it signals processes of its own PID namespace only, and runs nowhere but as the first process of one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { messageOf } from '../../core/errors';
import { runHook, type HookResult } from '../pre-stop-hook';
import { waitFor } from '../wait';

const LISTEN_PORT = 8082;
const SIDECAR_URL = 'http://127.0.0.1:8081';
/** terminationGracePeriodSeconds; the sidecars' DRAIN_GRACE_SECONDS must say the same. */
const GRACE_MS = 60_000;
/** Left to a container whose hook used all of the grace period, as by the real kubelet. */
const MINIMUM_MS = 2000;

/** What a deletion came to. */
export interface PodDeletion {
  readonly hook: HookResult | null;
  /** Containers that needed SIGKILL. */
  readonly killed: readonly string[];
  readonly totalMs: number;
}

/** The pod's processes that run a compiled entry, such as `sidecar/main.js`. */
function processesOf(entry: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      const [, script = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return script.endsWith(`dist/${entry}`);
    } catch {
      return false; // ended between the listing and the look
    }
  });
}

function alive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** SIGTERM, and SIGKILL after `graceMs`. Resolves to whether that was needed. */
async function stop(entry: string, graceMs: number): Promise<boolean> {
  const pids = processesOf(entry);
  const gone = (): boolean => !pids.some(alive);
  for (const pid of pids) process.kill(pid, 'SIGTERM');
  try {
    await waitFor(`${entry} to end`, gone, { timeoutMs: graceMs });
    return false;
  } catch {
    for (const pid of pids.filter(alive)) process.kill(pid, 'SIGKILL');
    await waitFor(`${entry} to be killed`, gone);
    return true;
  }
}

async function deletePod(): Promise<PodDeletion> {
  const startMs = performance.now();
  const leftMs = (): number => Math.max(MINIMUM_MS, startMs + GRACE_MS - performance.now());
  const pod = { sidecarUrl: SIDECAR_URL, hookToken: undefined };
  const hook = await runHook(pod, 'drain', AbortSignal.timeout(GRACE_MS));
  const killed: string[] = [];
  if (await stop('example/rt/main.js', leftMs())) killed.push('runtime');
  if (await stop('sidecar/main.js', leftMs())) killed.push('sidecar');
  return { hook, killed, totalMs: performance.now() - startMs };
}

function main(): void {
  if (process.pid !== 1) {
    console.error('This is the first process of a pod of docker-compose.yml and nothing else.');
    process.exit(2);
  }
  let running: Promise<PodDeletion> | undefined;
  const server = http.createServer((request, response) => {
    if (request.method !== 'POST' || request.url !== '/delete') {
      response.writeHead(404).end();
      return;
    }
    running ??= deletePod().finally(() => (running = undefined));
    running.then(
      (deletion) => response.end(JSON.stringify(deletion)),
      (error: unknown) => response.writeHead(500).end(messageOf(error)),
    );
  });
  server.requestTimeout = 0;
  server.listen(LISTEN_PORT);
  process.on('SIGTERM', () => process.exit(0));
}

main();
