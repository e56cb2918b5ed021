/**
 * Owns the sight of all injected pods: a list, then a watch, then again whenever the watch is lost.
 * Invariant: every pod that was told of and is gone is told as gone, also if its deletion was missed; once stopped it
 * tells nothing, a list or a watch under way neither.
 */
import type { CoreV1Api, V1Pod, Watch } from '@kubernetes/client-node';
import { pause, type Clock } from '../../core/clock';
import { callMessage } from '../call-error';
import { INJECTED_LABEL } from '../annotations';

export interface PodWatchDeps {
  readonly core: CoreV1Api;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly onPod: (pod: V1Pod) => void;
  readonly onGone: (pod: V1Pod) => void;
  /** Once per list: all pods of it have been told. */
  readonly onListed: () => void;
  readonly onError: (message: string) => void;
}

const SELECTOR = `${INJECTED_LABEL}=true`;
const PAGE = 500;
// A half-open connection says nothing for ever: the server ends a watch, and we end one that it did not. Short, as a leader
// that sees nothing marks no deleted pod.
const WATCH_SECONDS = 60;
const OVERDUE_MS = (WATCH_SECONDS + 30) * 1000;
const RETRY_MS = 1000;

export class PodWatch {
  private readonly known = new Map<string, V1Pod>();
  private stopped = false;
  private abort: () => void = () => undefined;

  constructor(private readonly deps: PodWatchDeps) {}

  /** Watches until stopped. Never rejects. */
  async run(): Promise<void> {
    let version: string | undefined;
    while (!this.stopped) {
      const begunMs = this.deps.clock.nowMs();
      version = await this.round(version).catch((error: unknown) => {
        if (this.stopped) return undefined;
        this.deps.onError(callMessage(error));
        return undefined;
      });
      // Also between watches that end at once.
      const leftMs = begunMs + RETRY_MS - this.deps.clock.nowMs();
      if (!this.stopped && leftMs > 0) await pause(this.deps.clock, leftMs);
    }
  }

  stop(): void {
    this.stopped = true;
    this.abort();
  }

  /** Lists where there is no version to go on from, then watches for as long as the watch lasts. */
  private async round(version: string | undefined): Promise<string | undefined> {
    return this.watchFrom(version ?? (await this.list()));
  }

  private async list(): Promise<string> {
    const seen = new Set<string>();
    let next: string | undefined;
    let version: string;
    do {
      const page = await this.deps.core.listPodForAllNamespaces({
        labelSelector: SELECTOR,
        limit: PAGE,
        ...(next === undefined ? {} : { _continue: next }),
      });
      for (const pod of page.items) {
        seen.add(uidOf(pod));
        this.tell(pod);
      }
      next = page.metadata?._continue;
      version = page.metadata?.resourceVersion ?? '';
    } while (next);
    for (const [uid, pod] of this.known) if (!seen.has(uid)) this.gone(pod);
    if (!this.stopped) this.deps.onListed();
    return version;
  }

  /** Resolves with the version to go on from, when the watch has ended. Rejects when a new list is needed. */
  private watchFrom(from: string): Promise<string | undefined> {
    let version: string | undefined = from;
    const query = {
      labelSelector: SELECTOR,
      resourceVersion: from,
      allowWatchBookmarks: true,
      timeoutSeconds: WATCH_SECONDS,
    };
    return new Promise((resolve, reject) => {
      let abort: () => void = () => undefined;
      const overdue = this.deps.clock.after(OVERDUE_MS, () => abort());
      this.abort = () => {
        overdue();
        abort();
      };
      const heard = (phase: string, object: V1Pod): void => {
        if (phase === 'ERROR') {
          version = undefined; // 410 Gone, mostly: the version is too old
          abort();
          return;
        }
        version = object.metadata?.resourceVersion ?? version;
        if (phase === 'DELETED') this.gone(object);
        else if (phase !== 'BOOKMARK') this.tell(object);
      };
      const ended = (error: unknown): void => {
        overdue();
        if (error === null || error === undefined || isAbort(error)) resolve(version);
        else reject(error instanceof Error ? error : new Error(callMessage(error)));
      };
      this.deps.watch.watch('/api/v1/pods', query, heard, ended).then((controller) => {
        abort = () => controller.abort();
        if (this.stopped) this.abort();
      }, ended);
    });
  }

  private tell(pod: V1Pod): void {
    if (this.stopped) return;
    this.known.set(uidOf(pod), pod);
    this.deps.onPod(pod);
  }

  private gone(pod: V1Pod): void {
    if (this.stopped) return;
    this.known.delete(uidOf(pod));
    this.deps.onGone(pod);
  }
}

function uidOf(pod: V1Pod): string {
  return pod.metadata?.uid ?? '';
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
