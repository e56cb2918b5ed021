/** Owns which files a kustomization uses as patches: parts of manifests, that mean nothing on their own. */
import path from 'node:path';
import type { Cursor } from '../yaml/cursor';

export function patchFiles(roots: readonly Cursor[]): Set<string> {
  const files = roots
    .filter((root) => ['Kustomization', 'Component'].includes(root.at('kind').string() ?? ''))
    .flatMap((root) =>
      [
        ...root
          .at('patches')
          .items()
          .map((patch) => patch.at('path').string()),
        ...root.at('patchesStrategicMerge').words(),
        ...root
          .at('patchesJson6902')
          .items()
          .map((patch) => patch.at('path').string()),
      ].flatMap((file) => (file === undefined ? [] : [path.join(path.dirname(root.file), file)])),
    );
  const known = new Set(roots.map(({ file }) => file));
  return new Set(files.filter((file) => known.has(file)));
}
