/** Owns the time on the page: that of Redis, as the server last told it, going on by this machine's steady clock. */
let toldMs = Date.now();
let atMs = performance.now();

export function setClock(nowMs: number): void {
  toldMs = nowMs;
  atMs = performance.now();
}

export function nowMs(): number {
  return toldMs + performance.now() - atMs;
}
