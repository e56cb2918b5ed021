/**
 * Owns a running load: open-loop GETs and small POSTs, and uploads kept going, over all gateways in turn.
 * Invariant: whatever was begun is counted when it ends; `stop` waits for it, bounded by each one's timeout.
 */
import { EventEmitter, setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { clientConnections } from './agents';
import { prepareBodies } from './body';
import { Course } from './course';
import { ABANDONED, exchange } from './exchange';
import type { FailureKind } from './failure';
import { Durations } from './histogram';
import { checkJournals } from './journal';
import { startPace } from './pace';
import {
  requestTraits,
  settingsOf,
  staggerMs,
  uploadTraits,
  type LoadOptions,
  type LoadSettings,
} from './options';
import type {
  Failure,
  LoadCounts,
  LoadResult,
  LoadSnapshot,
  RequestSort,
  UploadRun,
} from './result';
import { sumCounts, Tally } from './tally';
import { upload, uploadBoundMs, type UploadOutcome, type UploadProgress } from './upload';

export interface LoadEvents {
  failure: [Failure];
  'upload-start': [UploadProgress];
  'upload-progress': [UploadProgress];
  /** With `ok`, `corrupt`, or the kind of failure that cut it. */
  'upload-end': [UploadProgress, string];
}

export interface Load extends EventEmitter<LoadEvents> {
  snapshot(): LoadSnapshot;
  /** Begins nothing more, waits for all that is under way, reads the journals. Every call gives the same result. */
  stop(): Promise<LoadResult>;
  /** Gives up what is under way, uncounted, so that `stop` need not wait for it. */
  abandon(): void;
}

const FAILURES_KEPT = 1000;
const UPLOADS_KEPT = 20_000;
const UPLOAD_EVENT_MS = 200;
/** After a cut upload a client takes a breath; else a refused one would spin. */
const RESTART_MS = 200;
/** Tells the ids of one process's loads apart. */
let loadsStarted = 0;

/** Starts the load at once, with the defaults of options.ts. The ids of its POSTs are unique on the machine. */
export function startLoad(options: LoadOptions): Load {
  return new RunningLoad(options);
}

class RunningLoad extends EventEmitter<LoadEvents> implements Load {
  readonly #settings: LoadSettings;
  readonly #journals: (() => readonly string[]) | undefined;
  readonly #gateways: readonly URL[];
  readonly #connections;
  readonly #idPrefix: string;
  readonly #tallies = { get: new Tally(), post: new Tally(), upload: new Tally() };
  readonly #latency = new Durations();
  readonly #service = new Durations();
  readonly #late = new Durations();
  readonly #course: Course;
  readonly #uploadRuns: UploadRun[] = [];
  readonly #failures: Failure[] = [];
  readonly #answeredIds = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #uploadsUnderWay = new Set<UploadProgress>();
  readonly #uploadLoops: Promise<void>[];
  readonly #paces: { stop(): number }[];
  readonly #stopping = new AbortController();
  readonly #abandoning = new AbortController();
  #result: Promise<LoadResult> | undefined;
  #corrupt = 0;
  #unchecked = 0;
  #abandoned = 0;
  #uploadsStarted = 0;

  constructor(options: LoadOptions) {
    super();
    this.#settings = settingsOf(options);
    const { getRate, postRate, uploads, uploadMb, seed, insecure, idleMs } = this.#settings;
    this.#journals = options.journals;
    this.#gateways = options.urls.map((url) => new URL(url));
    this.#connections = clientConnections(insecure, idleMs);
    this.#idPrefix = `${seed}-${process.pid}-${Date.now().toString(36)}-${loadsStarted++}`;

    const bodyOf = prepareBodies(uploads > 0 ? Math.round(uploadMb * 1e6) : 0, seed);
    this.#uploadLoops = Array.from({ length: uploads }, (_, index) =>
      this.#keepUploading(bodyOf, index * staggerMs(this.#settings)),
    );
    // Each request under way listens to it.
    setMaxListeners(0, this.#abandoning.signal);
    this.#course = new Course(Date.now(), getRate);
    this.#paces = [
      startPace(getRate, (number, intendedMs) => this.#track(this.#get(number, intendedMs))),
      startPace(postRate, (number, intendedMs) => this.#track(this.#post(number, intendedMs))),
    ];
  }

  snapshot(): LoadSnapshot {
    return {
      ...this.#counts(),
      inFlight: this.#underWay.size,
      uploadsInFlight: [...this.#uploadsUnderWay].map((progress) => ({ ...progress })),
    };
  }

  stop(): Promise<LoadResult> {
    this.#result ??= this.#finish();
    return this.#result;
  }

  abandon(): void {
    this.#abandoning.abort();
  }

  async #finish(): Promise<LoadResult> {
    this.#stopping.abort();
    const skipped = this.#paces.reduce((sum, pace) => sum + pace.stop(), 0);
    await Promise.all([...this.#underWay, ...this.#uploadLoops]);
    this.#connections.close();
    await this.#judgePosts();
    return {
      ...this.#counts(),
      latencyMs: this.#latency.spread,
      serviceMs: this.#service.spread,
      latencyHistogram: this.#latency.encoded,
      lateMs: this.#late.spread,
      ...{ skipped, abandoned: this.#abandoned, unchecked: this.#unchecked },
      failures: this.#failures,
      course: this.#course.record(),
      uploadRuns: this.#uploadRuns,
    };
  }

  async #get(number: number, intendedMs: number): Promise<void> {
    const gateway = this.#gatewayFor(number);
    const { getPath, headers, timeoutMs } = this.#settings;
    const fromMs = Date.now() - (performance.now() - intendedMs);
    const sentMs = performance.now();
    this.#late.record(sentMs - intendedMs);
    const result = await exchange({
      url: new URL(getPath, gateway),
      options: {
        ...this.#connections.options(gateway, requestTraits(number, this.#settings).fresh),
        headers,
      },
      timeoutMs,
      abandon: this.#abandoning.signal,
    });
    if (!result.ok && result.kind === ABANDONED) {
      this.#abandoned += 1;
      return;
    }
    const endedMs = performance.now();
    this.#latency.record(endedMs - intendedMs);
    this.#service.record(endedMs - sentMs);
    this.#course.end(number, endedMs - intendedMs, result.ok ? undefined : result.kind);
    if (result.ok) this.#tallies.get.succeed();
    else this.#fail('get', gateway, fromMs, result.kind, result.reusedConnection);
  }

  async #post(number: number, intendedMs: number): Promise<void> {
    const gateway = this.#gatewayFor(number);
    const id = `${this.#idPrefix}-${number}`;
    const { fresh, stayMs } = requestTraits(number, this.#settings);
    const fromMs = Date.now() - (performance.now() - intendedMs);
    this.#late.record(performance.now() - intendedMs);
    const result = await exchange({
      url: new URL(stayMs > 0 ? `/echo?ms=${stayMs}` : '/echo', gateway),
      options: {
        ...this.#connections.options(gateway, fresh),
        method: 'POST',
        headers: {
          'content-type': 'text/plain',
          ...this.#settings.headers,
          ...{ 'x-request-id': id, 'content-length': id.length },
        },
      },
      timeoutMs: this.#settings.timeoutMs,
      abandon: this.#abandoning.signal,
      keepsBody: true,
      send: (request) => void request.end(id),
    });
    if (!result.ok && result.kind === ABANDONED) this.#abandoned += 1;
    else if (!result.ok) this.#fail('post', gateway, fromMs, result.kind, result.reusedConnection);
    else if (!result.body.includes(`"${id}"`)) {
      this.#fail('post', gateway, fromMs, 'wrong-answer', false);
    } else {
      this.#tallies.post.succeed();
      this.#answeredIds.add(id);
    }
  }

  async #keepUploading(bodyOf: ReturnType<typeof prepareBodies>, afterMs: number): Promise<void> {
    const { signal } = this.#stopping;
    if (afterMs > 0) await delay(afterMs, undefined, { signal }).catch(() => {});
    while (!signal.aborted) {
      const failed = await this.#upload(bodyOf, this.#uploadsStarted++);
      if (failed) await delay(RESTART_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #upload(bodyOf: ReturnType<typeof prepareBodies>, number: number): Promise<boolean> {
    const gateway = this.#gatewayFor(number);
    const body = bodyOf(number);
    const { uploadPath, headers, uploadTimeoutMs } = this.#settings;
    const traits = uploadTraits(number, this.#settings);
    const progress = {
      number,
      gateway: gateway.origin,
      totalBytes: body.bytes,
      sentBytes: 0,
    };
    this.#uploadsUnderWay.add(progress);
    this.emit('upload-start', progress);
    const events = setInterval(() => this.emit('upload-progress', progress), UPLOAD_EVENT_MS);
    const fromMs = Date.now();
    const result = await upload({
      url: new URL(uploadPath, gateway),
      ...{ headers, connections: this.#connections, body, progress },
      ...traits,
      timeoutMs: uploadTimeoutMs > 0 ? uploadTimeoutMs : uploadBoundMs(body.bytes, traits.rate),
      abandon: this.#abandoning.signal,
    });
    clearInterval(events);
    this.#uploadsUnderWay.delete(progress);
    const outcome = this.#countUpload(result, gateway, fromMs);
    if (this.#uploadRuns.length < UPLOADS_KEPT) {
      const { sentBytes } = progress;
      this.#uploadRuns.push({ number, fromMs, untilMs: Date.now(), sentBytes, outcome });
    }
    this.emit('upload-end', progress, outcome);
    return result.outcome === 'cut';
  }

  /** Gives the outcome's name. */
  #countUpload(result: UploadOutcome, gateway: URL, fromMs: number): string {
    if (result.outcome === 'cut') {
      const { kind, reusedConnection } = result;
      if (kind === ABANDONED) this.#abandoned += 1;
      else this.#fail('upload', gateway, fromMs, kind, reusedConnection);
      return kind;
    }
    this.#tallies.upload.succeed();
    if (result.outcome === 'unchecked') {
      this.#unchecked += 1;
      if (!this.#settings.hashRequired) return 'ok';
    }
    if (result.outcome === 'ok') return 'ok';
    this.#corrupt += 1;
    return 'corrupt';
  }

  async #judgePosts(): Promise<void> {
    if (!this.#journals) return;
    const { duplicate, unseen } = await checkJournals(this.#answeredIds, this.#journals());
    for (const [kind, ids] of Object.entries({ duplicate, unseen })) {
      for (const _ of ids) this.#tallies.post.revoke(kind);
    }
  }

  #track(request: Promise<void>): void {
    const tracked = request.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  #fail(
    sort: RequestSort,
    gateway: URL,
    fromMs: number,
    kind: FailureKind,
    reusedConnection: boolean,
  ): void {
    this.#tallies[sort].fail(kind);
    const { origin } = gateway;
    const failure = { atMs: Date.now(), fromMs, sort, kind, gateway: origin, reusedConnection };
    if (this.#failures.length < FAILURES_KEPT) this.#failures.push(failure);
    this.emit('failure', failure);
  }

  #gatewayFor(number: number): URL {
    return this.#gateways[number % this.#gateways.length] as URL;
  }

  #counts(): LoadCounts {
    const { get, post, upload: uploaded } = this.#tallies;
    return {
      requests: get.done + post.done,
      failed: get.failed + post.failed,
      uploads: uploaded.done,
      cut: uploaded.failed,
      corrupt: this.#corrupt,
      errors: sumCounts(get.failures, post.failures, uploaded.failures),
      gets: get.done,
      posts: post.done,
      getFailed: get.failures,
      postFailed: post.failures,
      uploadFailed: uploaded.failures,
    };
  }
}
