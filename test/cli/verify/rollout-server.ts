/**
 * Owns a real service that is rolled by a request: a POST to /roll makes it misbehave, and is answered when it has done so
 * often enough. Invariant: it counts every request but that one, and what it did to each.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, wellBehaved, type Misbehaviour } from '../../load/misbehaving-server';

export interface RolledServer {
  readonly url: string;
  /** Requests by method. */
  readonly seen: Readonly<Record<string, number>>;
  /** By method and what a client must call it. */
  readonly done: Readonly<Record<string, Record<string, number>>>;
  /** A command that rolls it, for a shell-less start. */
  readonly roll: readonly string[];
  close(): Promise<void>;
}

/** While it is rolled every second request of a method meets one of that method's misbehaviours in turn, `rounds` times. */
export async function rolledServer(
  misbehaviours: Readonly<Record<string, readonly Misbehaviour[]>>,
  rounds: number,
): Promise<RolledServer> {
  const seen: Record<string, number> = {};
  const done: Record<string, Record<string, number>> = {};
  let rolling: ServerResponse | undefined;

  const misbehave = (method: string): Misbehaviour | undefined => {
    const ways = misbehaviours[method] ?? [];
    const before = Object.values(done[method] ?? {}).reduce((a, b) => a + b, 0);
    if (!rolling || (seen[method] ?? 0) % 2 === 0 || before >= rounds * ways.length)
      return undefined;
    return ways[before % ways.length];
  };
  const finishRoll = (): void => {
    const over = Object.entries(misbehaviours).every(([method, ways]) => {
      const count = Object.values(done[method] ?? {}).reduce((a, b) => a + b, 0);
      return count >= rounds * ways.length;
    });
    if (!over) return;
    rolling?.end();
    rolling = undefined;
  };

  const server = await listen((request: IncomingMessage, response: ServerResponse) => {
    const { url = '', method = '' } = request;
    if (url === '/roll') {
      rolling = response;
      return;
    }
    seen[method] = (seen[method] ?? 0) + 1;
    const way = misbehave(method);
    if (!way) {
      wellBehaved(request, response);
      return;
    }
    const counts = (done[method] ??= {});
    counts[way.kind] = (counts[way.kind] ?? 0) + 1;
    way.act(request, response);
    finishRoll();
  });
  const script = `fetch('${server.url}/roll').then((answer) => answer.text())`;
  return {
    url: server.url,
    seen,
    done,
    roll: [process.execPath, '-e', script],
    close: server.close,
  };
}
