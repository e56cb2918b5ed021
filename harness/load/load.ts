/**
 * Owns a running load: open-loop GETs and small POSTs, and uploads kept going, over all gateways in turn.
 * Invariant: whatever was begun is counted when it ends; `stop` waits for it, bounded by each one's timeout.
 */
import { EventEmitter } from 'node:events';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { clientConnections } from './agents';
import { prepareBodies } from './body';
import { exchange } from './exchange';
import type { FailureKind } from './failure';
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
import type { Failure, LoadCounts, LoadResult, LoadSnapshot, RequestSort, Spread } from './result';
import { sumCounts, Tally } from './tally';
import { upload, uploadBoundMs, type UploadProgress } from './upload';

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
}

const FAILURES_KEPT = 1000;
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
  readonly #latencyUs = createHistogram();
  readonly #lateUs = createHistogram();
  readonly #failures: Failure[] = [];
  readonly #answeredIds = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #uploadsUnderWay = new Set<UploadProgress>();
  readonly #uploadLoops: Promise<void>[];
  readonly #paces: { stop(): number }[];
  readonly #stopping = new AbortController();
  #result: Promise<LoadResult> | undefined;
  #corrupt = 0;
  #uploadsStarted = 0;

  constructor(options: LoadOptions) {
    super();
    this.#settings = settingsOf(options);
    const { getRate, postRate, uploads, uploadMb, seed, insecure } = this.#settings;
    this.#journals = options.journals;
    this.#gateways = options.urls.map((url) => new URL(url));
    this.#connections = clientConnections(insecure);
    this.#idPrefix = `${seed}-${process.pid}-${Date.now().toString(36)}-${loadsStarted++}`;

    const bodyOf = prepareBodies(uploads > 0 ? Math.round(uploadMb * 1e6) : 0, seed);
    this.#uploadLoops = Array.from({ length: uploads }, (_, index) =>
      this.#keepUploading(bodyOf, index * staggerMs(this.#settings)),
    );
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

  async #finish(): Promise<LoadResult> {
    this.#stopping.abort();
    const skipped = this.#paces.reduce((sum, pace) => sum + pace.stop(), 0);
    await Promise.all([...this.#underWay, ...this.#uploadLoops]);
    this.#connections.close();
    await this.#judgePosts();
    return {
      ...this.#counts(),
      latencyMs: spreadOf(this.#latencyUs),
      lateMs: spreadOf(this.#lateUs),
      skipped,
      failures: this.#failures,
    };
  }

  async #get(number: number, intendedMs: number): Promise<void> {
    const gateway = this.#gatewayFor(number);
    const { getPath, timeoutMs } = this.#settings;
    this.#lateUs.record(toMicros(performance.now() - intendedMs));
    const result = await exchange({
      url: new URL(getPath, gateway),
      options: this.#connections.options(gateway, requestTraits(number, this.#settings).fresh),
      timeoutMs,
    });
    this.#latencyUs.record(toMicros(performance.now() - intendedMs));
    if (result.ok) this.#tallies.get.succeed();
    else this.#fail('get', gateway, result.kind, result.reusedConnection);
  }

  async #post(number: number, intendedMs: number): Promise<void> {
    const gateway = this.#gatewayFor(number);
    const id = `${this.#idPrefix}-${number}`;
    const { fresh, stayMs } = requestTraits(number, this.#settings);
    this.#lateUs.record(toMicros(performance.now() - intendedMs));
    const result = await exchange({
      url: new URL(stayMs > 0 ? `/echo?ms=${stayMs}` : '/echo', gateway),
      options: {
        ...this.#connections.options(gateway, fresh),
        method: 'POST',
        headers: { 'x-request-id': id, 'content-type': 'text/plain', 'content-length': id.length },
      },
      timeoutMs: this.#settings.timeoutMs,
      send: (request) => void request.end(id),
    });
    if (!result.ok) this.#fail('post', gateway, result.kind, result.reusedConnection);
    else if (!result.body.includes(`"${id}"`)) this.#fail('post', gateway, 'wrong-answer', false);
    else {
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
    const { uploadRate: rate } = this.#settings;
    const progress = {
      number,
      gateway: gateway.origin,
      totalBytes: body.bytes,
      sentBytes: 0,
    };
    this.#uploadsUnderWay.add(progress);
    this.emit('upload-start', progress);
    const events = setInterval(() => this.emit('upload-progress', progress), UPLOAD_EVENT_MS);
    const result = await upload({
      gateway,
      connections: this.#connections,
      body,
      ...uploadTraits(number, this.#settings),
      rate,
      timeoutMs: uploadBoundMs(body.bytes, rate),
      progress,
    });
    clearInterval(events);
    this.#uploadsUnderWay.delete(progress);
    if (result.outcome === 'cut') {
      this.#fail('upload', gateway, result.kind, result.reusedConnection);
    } else {
      this.#tallies.upload.succeed();
      if (result.outcome === 'corrupt') this.#corrupt += 1;
    }
    this.emit('upload-end', progress, result.outcome === 'cut' ? result.kind : result.outcome);
    return result.outcome === 'cut';
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

  #fail(sort: RequestSort, gateway: URL, kind: FailureKind, reusedConnection: boolean): void {
    this.#tallies[sort].fail(kind);
    const failure = { atMs: Date.now(), sort, kind, gateway: gateway.origin, reusedConnection };
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

function toMicros(ms: number): number {
  return Math.max(1, Math.round(ms * 1000));
}

/** Of an empty histogram all zeros. */
function spreadOf(histogram: RecordableHistogram): Spread {
  if (histogram.count === 0) return { p50: 0, p99: 0, max: 0 };
  const ms = (us: number) => us / 1000;
  return {
    p50: ms(histogram.percentile(50)),
    p99: ms(histogram.percentile(99)),
    max: ms(histogram.max),
  };
}
