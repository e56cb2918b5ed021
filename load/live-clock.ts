/**
 * Owns time as this process has lived it: while it stood still (a busy machine, a long computation, SIGSTOP) the clock
 * stood still too. Invariant: it never runs faster than the real one, and a standstill counts as one tick at most.
 */
const TICK_MS = 10;
/** A tick that came later than this is a standstill. */
const TICK_MAX_MS = 2 * TICK_MS;

let livedMs = 0;
let lastTickMs = 0;
let ticker: NodeJS.Timeout | undefined;

/** Milliseconds lived; only differences mean something. */
export function liveNowMs(): number {
  if (!ticker) {
    lastTickMs = performance.now();
    ticker = setInterval(tick, TICK_MS).unref();
  }
  return livedMs + sinceTickMs();
}

/** Calls back when `ms` were lived. Returns how to call it off. */
export function afterLiving(ms: number, callback: () => void): () => void {
  const startMs = liveNowMs();
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const leftMs = ms - (liveNowMs() - startMs);
    if (leftMs <= 0) callback();
    else timer = setTimeout(look, Math.ceil(leftMs));
  };
  look();
  return () => clearTimeout(timer);
}

function tick(): void {
  livedMs += sinceTickMs();
  lastTickMs = performance.now();
}

function sinceTickMs(): number {
  return Math.min(TICK_MAX_MS, performance.now() - lastTickMs);
}
