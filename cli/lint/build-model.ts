/**
 * Owns the way from texts to the model: parse, split into objects, read, link. Invariant: a text that cannot be parsed
 * is told and takes no other with it. Parsed texts can be kept, so that a fix parses only what it changed.
 */
import { embeddedTexts } from './kubernetes/embedded';
import { patchFiles } from './kubernetes/kustomization';
import { readAutoscaler, readBudget, readService } from './kubernetes/objects';
import { type Resource, resourcesOf } from './kubernetes/resources';
import { readWorkload, WORKLOAD_KINDS } from './kubernetes/workload';
import { isDeclarative, readDeclarative } from './kong/declarative';
import { readAnnotated, readKongPlugin } from './kong/ingress';
import { link } from './link';
import type { Model } from './model';
import { proxiesOf } from './nginx/proxies';
import type { ParsedSource } from './parse-source';
import { isKnownKind } from './kubernetes/known-kinds';
import type { Note } from './source/sources';
import type { Cursor } from './yaml/cursor';

export interface BuiltModel {
  readonly model: Model;
  readonly notes: readonly Note[];
}

export function buildModel(parsed: readonly ParsedSource[]): BuiltModel {
  const notes: Note[] = parsed.flatMap((source) => [...source.notes]);
  const all = parsed.flatMap(({ roots }) => roots);
  const patches = patchFiles(all);
  for (const file of patches) {
    notes.push({
      file,
      line: 1,
      message: 'is a kustomize patch: lint the output of kubectl kustomize',
    });
  }
  const roots = all.filter(({ file }) => !patches.has(file));
  const resources = roots.flatMap((root) => resourcesOf(root));
  const embedded = embeddedTexts(resources);
  notes.push(...embedded.notes);
  const declaratives = [...roots.filter(isDeclarative), ...embedded.declarative].map(
    readDeclarative,
  );
  notes.push(...unknown(roots, resources));

  const of = (...kinds: string[]) => resources.filter(({ kind }) => kinds.includes(kind));
  const services = of('Service').map(readService);
  const kongPlugins = of('KongPlugin', 'KongClusterPlugin');
  const annotated = readAnnotated(services, of('Ingress'), kongPlugins);
  const upstreams = declaratives.flatMap((file) => file.upstreams);
  const budgets = of('PodDisruptionBudget').map(readBudget);
  const autoscalers = of('HorizontalPodAutoscaler').map(readAutoscaler);
  const linked = link({
    workloads: resources.filter(({ kind }) => WORKLOAD_KINDS.has(kind)).map(readWorkload),
    services,
    budgets,
    autoscalers,
    kongServices: [...declaratives.flatMap((file) => file.services), ...annotated],
    upstreams,
  });
  const nginxFiles = [...parsed.flatMap(({ nginx }) => nginx), ...embedded.nginx];
  const model: Model = {
    workloads: linked.workloads,
    services,
    budgets,
    autoscalers,
    kong: {
      files: declaratives.map(({ file }) => file),
      services: linked.kongServices,
      upstreams,
      routes: [
        ...declaratives.flatMap((file) => file.routes),
        ...annotated.flatMap(({ routes }) => routes),
      ],
      plugins: [
        ...declaratives.flatMap((file) => file.plugins),
        ...kongPlugins.map(readKongPlugin),
      ],
    },
    nginx: { proxies: proxiesOf(nginxFiles), files: nginxFiles },
  };
  return { model, notes };
}

/** Objects of a kind that no rule looks at, and documents that are neither Kubernetes' nor Kong's. */
function unknown(roots: readonly Cursor[], resources: readonly Resource[]): Note[] {
  const kinds = resources
    .filter(({ kind }) => !isKnownKind(kind))
    .map(({ at, kind, name }) => ({
      file: at.file,
      line: at.line,
      message: `${kind} ${name}: no rule looks at this kind`,
    }));
  const strange = roots
    .filter((root) => root.present && !root.at('kind').present && !isDeclarative(root))
    .map((root) => ({
      file: root.file,
      line: root.line,
      message: 'neither a Kubernetes object nor a Kong file',
    }));
  return [...kinds, ...strange];
}
