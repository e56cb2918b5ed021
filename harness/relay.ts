/**
 * Owns one relayed TCP connection. Invariant: what one side does the other side sees: bytes, a half-close as a
 * half-close, a reset as a reset.
 */
import type { Socket } from 'node:net';

/** Joins two connected sockets, both made with `allowHalfOpen`, until both are closed. */
export function relay(one: Socket, other: Socket): void {
  oneWay(one, other);
  oneWay(other, one);
  one.resume();
  other.resume();
}

function oneWay(from: Socket, to: Socket): void {
  // pipe ends `to` at the end of `from`: that is the half-close.
  from.pipe(to);
  from.on('error', () => reset(to));
  from.on('close', () => {
    // Closed without its end seen: destroyed from this side, so the peer of `to` must not take it for a whole answer.
    if (!from.readableEnded) reset(to);
  });
}

/**
 * Closes the socket by a TCP reset. One whose end was already asked for is closed without: Node 20's resetAndDestroy then
 * leaves its handle open for ever (uv_tcp_close_reset gives EINVAL on a stream that shuts down), and with it the process.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
