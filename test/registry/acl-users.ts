/**
 * Owns the reading of deploy/components/redis/users.acl, the one place with the rules of Redis' users.
 * Invariant: docs/redis-access.md shows the same rules (test/deploy/redis-access.test.ts).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../harness/repository';

export interface AclUser {
  readonly name: string;
  readonly password: string;
  /** Key and channel patterns and commands, as `ACL SETUSER` takes them. */
  readonly rules: readonly string[];
  readonly commands: readonly string[];
}

export const aclFile = path.join(repositoryRoot, 'deploy/components/redis/users.acl');

/** The lines of the file, one a user. */
export function aclLines(): string[] {
  return readFileSync(aclFile, 'utf8').trimEnd().split('\n');
}

/** Throws where the file has no such user. */
export function aclUser(name: string): AclUser {
  const words = aclLines()
    .map((line) => line.split(' '))
    .find(([, user]) => user === name)
    ?.slice(2);
  const password = words?.find((word) => word.startsWith('>'))?.slice(1);
  if (!words || password === undefined) throw new Error(`${aclFile} has no user ${name}`);
  const commands = words.flatMap((word) => (word.startsWith('+') ? [word.slice(1)] : []));
  return { name, password, rules: words, commands };
}
