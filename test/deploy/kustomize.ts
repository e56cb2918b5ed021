/**
 * Owns the building of kustomizations, by kubectl or kustomize as a user has it. $KUBECTL names another kubectl.
 * Invariant: without one that is new enough, what needs it is skipped, and says so; with $REQUIRE_KUBECTL it fails.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { repositoryRoot } from '../../harness/repository';
import type { KubeObject } from './api-schema';

interface Tool {
  readonly command: string;
  readonly args: readonly string[];
}

// Debian 12's kubectl (1.20) has a kustomize without components.
const LEAST_MAJOR = 5;

function versionOf(command: string, args: readonly string[]): number {
  try {
    const text = execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' });
    return Number(/(?:kustomizeVersion": "|^)v(\d+)/m.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function findTool(): Tool | undefined {
  const kubectl = process.env.KUBECTL ?? 'kubectl';
  if (versionOf(kubectl, ['version', '--client', '-o', 'json']) >= LEAST_MAJOR) {
    return { command: kubectl, args: ['kustomize'] };
  }
  if (versionOf('kustomize', ['version']) >= LEAST_MAJOR) {
    return { command: 'kustomize', args: ['build'] };
  }
  return undefined;
}

const tool = findTool();
const MISSING = 'no kubectl 1.27 or newer in PATH or $KUBECTL, and no kustomize 5';

/** `describe` where kustomizations can be built. */
export const describeBuilt: (name: string, tests: () => void) => void =
  tool === undefined && process.env.REQUIRE_KUBECTL === undefined
    ? (name, tests) => describe.skip(`${name} (skipped: ${MISSING})`, tests)
    : describe;

/** The objects of a kustomization of this repository, in kubectl's order. Throws what kustomize says. */
export function build(folder: string): KubeObject[] {
  if (!tool) throw new Error(MISSING);
  const dir = path.resolve(repositoryRoot, folder);
  const text = execFileSync(tool.command, [...tool.args, dir], { encoding: 'utf8', stdio: 'pipe' });
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
}

export interface Overlay {
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly images?: readonly object[];
  /** More objects, as a user's own manifests beside the kustomization. */
  readonly objects?: readonly object[];
}

/** As `build`, of a user's own kustomization over parts of this repository. */
export function buildOverlay({ resources = [], components = [], objects = [], ...rest }: Overlay) {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'overlay-')));
  const from = (folder: string): string => path.relative(dir, path.join(repositoryRoot, folder));
  try {
    writeFileSync(path.join(dir, 'own.yaml'), objects.map((one) => stringify(one)).join('---\n'));
    const kustomization = {
      resources: [...resources.map(from), ...(objects.length > 0 ? ['own.yaml'] : [])],
      components: components.map(from),
      ...rest,
    };
    writeFileSync(path.join(dir, 'kustomization.yaml'), stringify(kustomization));
    return build(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}
