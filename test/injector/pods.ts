/** Owns the pods of the tables: real pod specs, one a file in pods/. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { parse } from 'yaml';
import type { PatchOperation } from '../../injector/inject/pod-edit';
import type { InjectionSettings } from '../../injector/inject/settings';

const directory = path.join(__dirname, 'pods');

export const podNames = readdirSync(directory).map((file) => path.basename(file, '.yaml'));

export function readPod(name: string): V1Pod {
  return parse(readFileSync(path.join(directory, `${name}.yaml`), 'utf8')) as V1Pod;
}

/** The pod of the table `deployment`, with other annotations. */
export function annotated(annotations: Record<string, string>, name = 'deployment'): V1Pod {
  const pod = readPod(name);
  Object.assign(pod.metadata?.annotations ?? {}, annotations);
  return pod;
}

export const settings: InjectionSettings = {
  image: 'registry.example.com/kong-drain:1',
  pullPolicy: undefined,
  user: 1000,
  redis: { secret: 'kong-drain-{pool}', urlKey: 'url', optionsKey: 'options' },
  allowedCidrs: '',
  graceSeconds: 300,
  hasNativeSidecars: true,
};

/** Applies a JSON Patch of adds and replaces as RFC 6902 says: nothing is made on the way. */
export function applyPatch(pod: V1Pod, patch: readonly PatchOperation[]): V1Pod {
  const result = structuredClone(pod);
  for (const { op, path: pointer, value } of patch) {
    const keys = pointer
      .slice(1)
      .split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    let node = result as unknown as Record<string, unknown>;
    for (const key of keys) {
      if (typeof node[key] !== 'object' || node[key] === null) throw new Error(`no ${pointer}`);
      node = node[key] as Record<string, unknown>;
    }
    if (op === 'replace' && node[last] === undefined) throw new Error(`nothing at ${pointer}`);
    if (Array.isArray(node) && last === '-') node.push(structuredClone(value));
    else node[last] = structuredClone(value);
  }
  return result;
}
