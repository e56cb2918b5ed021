/** Owns the question to a Kong's proxy: does the sync route answer, and which version is it? */
import { messageOf } from '../../../core/errors';
import type { KongEvidence } from '../evidence';
import { get, type Answer } from './get';

const SYNC_PATH = '/.drain/sync';

/** `url`: the proxy's, or that of the sync route itself where it lies elsewhere. Never rejects. */
export async function askKong(url: string): Promise<KongEvidence> {
  const path = new URL(url).pathname;
  const sync = path === '/' ? new URL(SYNC_PATH, url).href : url;
  try {
    const answer = await get(sync);
    const version = versionOf(answer);
    const { status, body, headers } = answer;
    const proxied = /kong\//i.test([headers.via].flat().join());
    return { url: sync, status, body, proxied, ...(version === undefined ? {} : { version }) };
  } catch (error) {
    return { url: sync, status: 0, body: '', proxied: false, failure: messageOf(error) };
  }
}

/** Kong names itself in Server where it answers itself, in Via where it passes an answer on. */
function versionOf({ headers }: Answer): string | undefined {
  const named = [headers.server, headers.via].flat().join(' ');
  return /kong\/(\d+\.\d+(?:\.\d+)*)/i.exec(named)?.[1];
}
