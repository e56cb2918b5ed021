/** Owns what the linter is told of the world outside the files. Invariant: one place has the defaults and their why. */
import { ANNOTATIONS } from './annotations';
import type { Workload } from './model';

export interface Settings {
  /** Longest request or upload, first byte to last, in seconds. */
  readonly longestRequestSeconds: number;
  /** Largest upload, in 10^6 bytes. */
  readonly uploadMb: number;
  /** Keep-alive of the runtime's server, in seconds. */
  readonly runtimeKeepaliveSeconds: number;
  /** Grace that spot nodes grant, in seconds. */
  readonly spotGraceSeconds: number;
  /** Grace that a node's removal grants, in seconds. */
  readonly nodeGraceSeconds: number;
  /** Of the grace period, for the runtime's own shutdown, in seconds. */
  readonly reserveSeconds: number;
}

export const DEFAULTS: Settings = {
  longestRequestSeconds: 60,
  uploadMb: 50,
  runtimeKeepaliveSeconds: 5,
  spotGraceSeconds: 25,
  nodeGraceSeconds: 600,
  reserveSeconds: 5,
};

/**
 * Longest request of a workload's pods, in seconds. Its annotation if there is one; else the flag, or the longest
 * time that a Kong Service before it waits, since Kong would wait for that long.
 */
export function longestRequest(workload: Workload, settings: Settings): number {
  const annotated = numberOf(workload, 'longestRequest');
  if (annotated !== undefined) return annotated;
  const waits = workload.behind.flatMap(({ readTimeout, writeTimeout }) => [
    (readTimeout.value ?? 0) / 1000,
    (writeTimeout.value ?? 0) / 1000,
  ]);
  return Math.ceil(Math.max(settings.longestRequestSeconds, ...waits));
}

/** How long the workload's server keeps an idle connection, in seconds. */
export function runtimeKeepalive(workload: Workload, settings: Settings): number {
  return numberOf(workload, 'keepalive') ?? settings.runtimeKeepaliveSeconds;
}

/** Seconds that the pods need to start, if that is known. */
export function startupSeconds(workload: Workload): number | undefined {
  return numberOf(workload, 'startup');
}

/** The grace that the workload's nodes grant, in seconds. */
export function grantedGrace(workload: Workload, settings: Settings): number {
  const annotated = numberOf(workload, 'nodeGrace');
  const { spotGraceSeconds, nodeGraceSeconds } = settings;
  return annotated ?? (workload.pod.spot === undefined ? nodeGraceSeconds : spotGraceSeconds);
}

/** The injector's own default, in seconds (docs/annotations.md). */
const INJECTED_GRACE_SECONDS = 300;

/** The grace period that a pod of the workload has in the end, in seconds: 30 if none is given; the injector raises it. */
export function gracePeriod(workload: Workload): number {
  const { grace, drain } = workload.pod;
  const given = grace.value ?? 30;
  if (drain.kind !== 'injected') return given;
  return Math.max(given, numberOf(workload, 'grace') ?? INJECTED_GRACE_SECONDS);
}

function numberOf(workload: Workload, key: keyof typeof ANNOTATIONS): number | undefined {
  const text = workload.annotations[ANNOTATIONS[key].name];
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
