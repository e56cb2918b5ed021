/** Owns the exit codes of `kong-drain`. Invariant: every command keeps to them; their help prints them. */
export const EXIT = {
  clean: 0,
  /** The command did its work and what it found is bad. */
  found: 1,
  usage: 2,
  unreadable: 3,
  /** Ended by Ctrl-C before its work was done. */
  interrupted: 130,
  /** A fault of kong-drain itself. */
  internal: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
