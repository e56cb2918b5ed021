/**
 * Owns the split of YAML documents into resources. Invariant: `List` and its kin are opened, whatever their depth; what
 * is no Kubernetes object is not returned.
 */
import type { Cursor } from '../yaml/cursor';

export interface Resource {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly at: Cursor;
}

export function resourcesOf(root: Cursor, depth = 0): Resource[] {
  const kind = root.at('kind').string();
  if (kind === undefined || root.at('apiVersion').string() === undefined) return [];
  if (kind.endsWith('List') && depth < 4) {
    return root
      .at('items')
      .items()
      .flatMap((item) => resourcesOf(item, depth + 1));
  }
  const metadata = root.at('metadata');
  return [
    {
      kind,
      name: metadata.at('name').text() || metadata.at('generateName').text(),
      namespace: metadata.at('namespace').string() ?? 'default',
      at: root,
    },
  ];
}
