/**
 * Owns a pod: the example runtime and, if wanted, a sidecar, on a loopback address of their own.
 * Invariant: the pod's name, address and uid never change; its containers can be started again in place.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { podAddress, POD_PORT, SIDECAR_PORT } from './addresses';
import { httpGet } from './http-get';
import { ELSEWHERE_NICENESS, yieldSession, yieldWhileStarting } from './niceness';
import { startProcess, type HarnessProcess } from './process';
import { compiledEntry } from './repository';
import { waitFor } from './wait';

export interface PodOptions {
  readonly number: number;
  /** RT_* of the example runtime; its address, name, directories are the pod's own. */
  readonly runtimeEnv?: NodeJS.ProcessEnv;
  /** With it the pod has a sidecar; DRAIN_* besides those that follow from the pod. */
  readonly sidecar?: { readonly env: NodeJS.ProcessEnv };
  readonly dir: string;
}

export interface Pod {
  readonly number: number;
  /** `rt-N`. */
  readonly name: string;
  readonly uid: string;
  /** `127.1.x.y`. */
  readonly address: string;
  /** `ip:port`, as the registry names it. */
  readonly target: string;
  readonly healthUrl: string;
  /** `http://127.1.x.y:8081`, also without a sidecar. */
  readonly sidecarUrl: string;
  /** What the hook must carry, if anything. */
  readonly hookToken: string | undefined;
  /** Journal of the POSTs that the runtime saw; one line each. */
  readonly journalFile: string;
  runtime: HarnessProcess;
  sidecar: HarnessProcess | undefined;
  /** Runtime healthy and, with a sidecar, announced. Rejects with `TIMEOUT` (15 s). */
  ready(): Promise<void>;
  /** As the kubelet does when a container died and the pod lives. */
  restartRuntime(): HarnessProcess;
  restartSidecar(): HarnessProcess;
}

/** Starts the pod's processes; await `ready()`. Throws `NOT_BUILT` or `CANNOT_START`. */
export function startPod({ number, runtimeEnv = {}, sidecar, dir }: PodOptions): Pod {
  const name = `rt-${number}`;
  const uid = randomUUID();
  const address = podAddress(number);
  const target = `${address}:${POD_PORT}`;
  const healthUrl = `${runtimeEnv.RT_HTTPS === '1' ? 'https' : 'http'}://${target}/health`;
  const sidecarUrl = `http://${address}:${SIDECAR_PORT}`;
  const dataDir = path.join(dir, 'data');
  const journalFile = path.join(dir, 'journal');
  mkdirSync(dataDir, { recursive: true });

  const startRuntime = (): HarnessProcess => {
    const runtime = startProcess({
      name: `${name}/runtime`,
      command: 'nice',
      args: ['-n', `${ELSEWHERE_NICENESS}`, process.execPath, compiledEntry('example/rt/main.ts')],
      env: {
        RT_LISTEN: target,
        RT_POD: name,
        RT_DATA_DIR: dataDir,
        RT_JOURNAL: journalFile,
        ...runtimeEnv,
      },
      logFile: path.join(dir, 'runtime.log'),
    });
    yieldSession(runtime.pid);
    return runtime;
  };

  let sidecarIsUp = (): void => undefined;
  const startSidecar = (env: NodeJS.ProcessEnv): HarnessProcess => {
    const started = startProcess({
      name: `${name}/sidecar`,
      command: process.execPath,
      args: [compiledEntry('sidecar/main.ts')],
      env: {
        DRAIN_TARGET: target,
        DRAIN_LISTEN: `${address}:${SIDECAR_PORT}`,
        DRAIN_HEALTH_URL: healthUrl,
        DRAIN_UPLOADS_URL: new URL('/uploads', healthUrl).href,
        DRAIN_TELL_URL: new URL('/draining', healthUrl).href,
        POD_NAME: name,
        POD_UID: uid,
        NODE_NAME: 'loopback',
        ...env,
      },
      logFile: path.join(dir, 'sidecar.log'),
    });
    sidecarIsUp = yieldWhileStarting(started.pid);
    return started;
  };

  const pod: Pod = {
    number,
    name,
    uid,
    address,
    target,
    healthUrl,
    sidecarUrl,
    hookToken: sidecar?.env.DRAIN_HOOK_TOKEN,
    journalFile,
    runtime: startRuntime(),
    sidecar: sidecar && startSidecar(sidecar.env),
    ready: async () => {
      await passes(`${name}'s runtime`, healthUrl, pod.runtime.logFile);
      if (pod.sidecar) {
        await passes(`${name}'s sidecar`, `${sidecarUrl}/readyz`, pod.sidecar.logFile);
        sidecarIsUp();
      }
    },
    restartRuntime: () => (pod.runtime = startRuntime()),
    restartSidecar: () => {
      pod.sidecar = startSidecar(sidecar?.env ?? {});
      sidecarIsUp();
      return pod.sidecar;
    },
  };
  return pod;
}

async function passes(what: string, url: string, logFile: string): Promise<void> {
  await waitFor(
    `${what} (${logFile})`,
    async () => (await httpGet(url, { timeoutMs: 1000 })).status === 200,
    { timeoutMs: 15_000 },
  );
}
