/**
 * Owns the subscriptions to pools' channels.
 * Invariant: whoever subscribed hears each message at most once and in order, or `null` where some may have been missed:
 * at the beginning, and when the connection was away.
 */
import type { Cluster, Redis } from 'ioredis';

type Callback = (message: string | null) => void;

export class Feed {
  private readonly callbacks = new Map<string, Set<Callback>>();

  constructor(private readonly subscriber: Redis | Cluster) {
    subscriber.on('message', (channel: string, message: string) => this.tell(channel, message));
    subscriber.on('ready', () => {
      for (const channel of this.callbacks.keys()) this.listen(channel);
    });
  }

  subscribe(channel: string, callback: Callback): () => void {
    const callbacks = this.callbacks.get(channel) ?? new Set();
    this.callbacks.set(channel, callbacks.add(callback));
    if (callbacks.size === 1 && this.subscriber.status === 'ready') this.listen(channel);
    return () => {
      callbacks.delete(callback);
      if (callbacks.size > 0) return;
      this.callbacks.delete(channel);
      this.subscriber.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** A failed subscription is tried again when the connection is back; until then renewals carry the epoch. */
  private listen(channel: string): void {
    this.subscriber.subscribe(channel).then(
      () => this.tell(channel, null),
      () => undefined,
    );
  }

  private tell(channel: string, message: string | null): void {
    for (const callback of this.callbacks.get(channel) ?? []) callback(message);
  }
}
