// Owns resumable uploads at /files by the tus protocol 1.0.0 (https://tus.io), in a directory that all pods share.
// Invariant: what has reached the directory is never asked for again, whichever pod the client resumes at.
// Two pods may write to one upload for a moment, the old one what was on its way: the same bytes at the same place.
import type { RequestListener } from 'node:http';
import { FileStore } from '@tus/file-store';
import { MemoryLocker, Server } from '@tus/server';

export const TUS_PATH = '/files';

export interface ResumableUploads {
  readonly handle: (...exchange: Parameters<RequestListener>) => Promise<void>;
  /** Ends each request that writes at this moment with what has arrived: its client goes on from there, elsewhere. */
  readonly release: () => void;
}

/** How long a request may go on once another one, or the shutdown, asks for its upload. */
const RELEASE_MS = 1;

/** Serves uploads kept in `directory`; finished ones stay there, for whatever the application does with them. */
export function resumableUploads(directory: string): ResumableUploads {
  const locker = new MemoryLocker();
  const server = new Server({
    path: TUS_PATH,
    datastore: new FileStore({ directory }),
    locker,
    lockDrainTimeout: RELEASE_MS,
    relativeLocation: true, // the pod does not know by which name its clients call it
  });
  return {
    handle: (request, response) => server.handle(request, response),
    release: () => {
      for (const { requestRelease } of locker.locks.values()) void requestRelease();
    },
  };
}
