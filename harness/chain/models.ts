/**
 * Owns how the configurations in deploy/edge become those of the harness.
 * Invariant: only what is named as a change differs from the model, so that what operators copy is what is tested.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DrainError } from '../../core/errors';
import { repositoryRoot } from '../repository';

export type ModelName = 'a.nginx.conf' | 'b.nginx.conf' | 'gateways.conf' | 'balancer.haproxy.cfg';

/** The model as it is. */
export function readModel(name: ModelName): string {
  return readFileSync(path.join(repositoryRoot, 'deploy', 'edge', name), 'utf8');
}

/**
 * The model with each text replaced wherever it stands. Throws `BAD_EDGE_MODEL` if one is nowhere in it: the model has
 * become another then.
 */
export function fromModel(name: ModelName, changes: Readonly<Record<string, string>>): string {
  const model = readModel(name);
  const texts = Object.keys(changes);
  const missing = texts.filter((text) => !model.includes(text));
  if (missing.length > 0) {
    throw new DrainError(
      'BAD_EDGE_MODEL',
      `deploy/edge/${name} must hold: ${missing.map((text) => JSON.stringify(text)).join(', ')}`,
    );
  }
  // In one pass, so that nothing is replaced in what was put in.
  const anyText = new RegExp(texts.map(escaped).join('|'), 'g');
  return model.replace(anyText, (text) => changes[text] ?? text);
}

/** gateways.conf with these in the places of the first lines; each `host:port`. */
export function gatewaysConf(addresses: readonly string[]): string {
  const line = /^server \S+ (.*)$/m.exec(readModel('gateways.conf'))?.[1];
  if (line === undefined) {
    throw new DrainError('BAD_EDGE_MODEL', 'deploy/edge/gateways.conf must hold a server line');
  }
  return addresses.map((address) => `server ${address} ${line}\n`).join('');
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
