import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryRoot } from '../../harness/repository';
import { envSchema as injectorEnv } from '../../injector/config';
import { envSchema as pluginServerEnv } from '../../plugin/server/config';
import { envSchema as sidecarEnv } from '../../sidecar/config';
import { documentsWithTables, metricsOf, withTables } from './config-tables';

const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage', '.git', '.run']);

function markdownFiles(dir = repositoryRoot): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(dir, entry.name);
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : markdownFiles(file);
    return entry.name.endsWith('.md') ? [file] : [];
  });
}

const read = (file: string): string => readFileSync(file, 'utf8');
const documents = markdownFiles().map(
  (file) => [path.relative(repositoryRoot, file), file] as const,
);

/** As GitHub names the anchor of a heading. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test.each(documents)('every link of %s leads somewhere', (_name, file) => {
  const links = [...read(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [target = '', anchor] = link.split('#');
    const linked = target === '' ? file : path.resolve(path.dirname(file), target);
    if (!existsSync(linked)) return true;
    return anchor !== undefined && linked.endsWith('.md') && !anchorsOf(read(linked)).has(anchor);
  });
  expect(broken).toEqual([]);
});

test.each(documentsWithTables)(
  '%s lists every setting as the processes read it (npm run docs:config)',
  (name) => {
    const text = read(path.join(repositoryRoot, name));
    // prettier pads the tables
    const bare = (text: string): string => text.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---');
    expect(bare(withTables(text))).toBe(bare(text));
  },
);

test.each(Object.keys(metricsOf))(
  'docs/metrics.md has a table of the %s, with every metric',
  (name) => {
    const [, table = ''] = read(path.join(repositoryRoot, 'docs/metrics.md')).split(
      `<!-- settings: metrics of the ${name} -->`,
    );
    const [rows = ''] = table.split('<!-- end -->');
    const listed = [...rows.matchAll(/^\| `(\w+)`/gm)].map(([, metric]) => metric);
    const metrics = metricsOf[name]!().getMetricsAsArray();
    expect(listed).toEqual(metrics.map((metric) => metric.name));
  },
);

test('the documents name no DRAIN_ variable that no process reads', () => {
  const known = new Set(
    Object.keys({ ...sidecarEnv.shape, ...pluginServerEnv.shape, ...injectorEnv.shape }),
  );
  const foreign = documents.flatMap(([name, file]) =>
    [...read(file).matchAll(/(?<![A-Z_])DRAIN_[A-Z_]*[A-Z]/g)]
      .filter(([variable]) => !known.has(variable))
      .map(([variable]) => `${name}: ${variable}`),
  );
  expect(foreign).toEqual([]);
});
