/**
 * Owns the edits of one pod as a JSON Patch (RFC 6902).
 * Invariant: the patch turns the pod that came in into `pod`, operation by operation.
 */
import type { V1Pod } from '@kubernetes/client-node';

export interface PatchOperation {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly value: unknown;
}

type Key = string | number;
type Node = Record<Key, unknown>;

export class PodEdit {
  readonly pod: V1Pod;
  readonly operations: PatchOperation[] = [];

  constructor(original: V1Pod) {
    this.pod = structuredClone(original);
  }

  /** Sets the value at the path, with the objects above it that are missing. Changes nothing where it is so already. */
  set(path: readonly Key[], value: unknown): void {
    let node = this.pod as unknown as Node;
    for (const [depth, key] of path.slice(0, -1).entries()) {
      const next = node[key];
      if (next === undefined || next === null) {
        this.put(node, path.slice(0, depth + 1), nested(path.slice(depth + 1), value));
        return;
      }
      node = next as Node;
    }
    if (JSON.stringify(node[path.at(-1) as Key]) !== JSON.stringify(value)) {
      this.put(node, path, value);
    }
  }

  /** Appends to the list at the path; makes the list where it is missing. */
  append(path: readonly Key[], value: unknown): void {
    const list = path.reduce<unknown>((node, key) => (node as Node | undefined)?.[key], this.pod);
    if (!Array.isArray(list)) {
      this.set(path, [value]);
      return;
    }
    list.push(structuredClone(value));
    this.operations.push({ op: 'add', path: `${pointer(path)}/-`, value });
  }

  private put(parent: Node, path: readonly Key[], value: unknown): void {
    const key = path.at(-1) as Key;
    const op = parent[key] === undefined ? 'add' : 'replace';
    parent[key] = structuredClone(value);
    this.operations.push({ op, path: pointer(path), value });
  }
}

function nested(path: readonly Key[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

function pointer(path: readonly Key[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
