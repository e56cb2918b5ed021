/** Owns the reading of files into texts. Invariant: what is no text, or too big, is told and never parsed. */
import { openSync, closeSync, fstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../../core/errors';
import { findFiles } from './find-files';
import type { Gathered, Note, SourceText, Unreadable } from './sources';

/** Beyond this the parse takes minutes and gigabytes; an object in etcd has at most 1.5 MB. */
const MAX_BYTES = 20 * 1024 * 1024;

export async function readFiles(
  names: readonly string[],
  cwd: string,
  readStdin: () => Promise<Buffer>,
): Promise<Gathered> {
  const found = findFiles(names, cwd);
  const sources: SourceText[] = [];
  const unreadable: Unreadable[] = [...found.unreadable];
  const notes: Note[] = [...found.notes];
  for (const file of found.files) {
    const bytes = file === '-' ? await readStdin() : read(path.resolve(cwd, file));
    const text = Buffer.isBuffer(bytes) ? decode(bytes) : bytes;
    if (typeof text !== 'string') unreadable.push({ file, message: text.problem });
    else if (text.trim() === '') notes.push({ file, line: 1, message: 'is empty' });
    else sources.push({ file, text, format: formatOf(file, text) });
  }
  return { sources, unreadable, notes };
}

interface Problem {
  readonly problem: string;
}

function read(file: string): Buffer | Problem {
  try {
    const handle = openSync(file, 'r');
    try {
      const { size } = fstatSync(handle);
      return size > MAX_BYTES ? tooBig(size) : readFileSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    return { problem: `cannot be read: ${messageOf(error)}` };
  }
}

function decode(bytes: Buffer): string | Problem {
  if (bytes.length > MAX_BYTES) return tooBig(bytes.length);
  const utf16 =
    bytes.length > 1 &&
    ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff));
  if (utf16) return { problem: 'is UTF-16: save it as UTF-8' };
  if (bytes.includes(0)) return { problem: 'is a binary file' };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { problem: 'is not UTF-8 text' };
  }
}

function tooBig(bytes: number): Problem {
  const mb = (size: number) => Math.round(size / 1024 / 1024);
  return { problem: `has ${mb(bytes)} MiB; ${mb(MAX_BYTES)} MiB is the most: split it` };
}

/** By the name, else by the look: nginx has words with `;` or `{` at the end, and no `key:` at the top. */
function formatOf(file: string, text: string): SourceText['format'] {
  const extension = path.extname(file);
  if (extension === '.conf') return 'nginx';
  if (['.yaml', '.yml', '.json'].includes(extension)) return 'yaml';
  const lines = text.split('\n', 200).filter((line) => !/^\s*(#|$)/.test(line));
  const looksYaml = lines.some((line) => /^(---|['"]?[\w.-]+['"]?:(\s|$)|\{|- )/.test(line));
  const looksNginx = lines.some((line) => /^\s*[a-z_]+(\s[^:{;]*)?[{;]\s*(#.*)?$/.test(line));
  return looksNginx && !looksYaml ? 'nginx' : 'yaml';
}
