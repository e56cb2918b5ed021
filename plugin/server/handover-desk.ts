/**
 * Owns what lies ready for Kong: the agent leaves a handover, the plugin's `access` fetches it for any request.
 * Invariant: the one-time token inside it is known to this process and its own call alone; the Lua plugin answers only
 * the request that carries it.
 */
import { randomBytes } from 'node:crypto';

export class HandoverDesk {
  private handover: string | undefined;

  /** Leaves a handover for one call of the sync route. Returns the token which that call must carry. */
  leave(handover: object): string {
    const token = randomBytes(18).toString('base64url');
    this.handover = JSON.stringify({ ...handover, token });
    return token;
  }

  /** What lies ready; undefined before the first. */
  current(): string | undefined {
    return this.handover;
  }
}
