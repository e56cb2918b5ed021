/** Owns how the page writes times and counts. Invariant: pure; as the command line writes them. */

/** `12 ms`, `1.2 s`, `3m20s`, `2h05m`, `3d4h`. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  return whole(ms);
}

/** The same in whole seconds, for what is written anew each second. */
export function age(ms: number): string {
  return ms < 59_500 ? `${Math.max(0, Math.round(ms / 1000))} s` : whole(ms);
}

function whole(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes}m${two(seconds % 60)}s`;
  if (hours < 24) return `${hours}h${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${hours % 24}h`;
}

function two(count: number): string {
  return String(count).padStart(2, '0');
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `, 3 uploads`, after the requests in flight that they are among; nothing where there are none. */
export function andUploads(uploads: number): string {
  return uploads === 0 ? '' : `, ${counted(uploads, 'upload')}`;
}

/** The time of day where the reader is, and the date where it is another day. */
export function moment(ms: number): string {
  const at = new Date(ms);
  const time = at.toLocaleTimeString(undefined, { hour12: false });
  return at.toDateString() === new Date().toDateString()
    ? time
    : `${at.toLocaleDateString()} ${time}`;
}
