/**
 * Owns the documents' configuration tables, made from what the processes themselves read: zod schemas and schema.lua.
 * Invariant: a table holds every setting once, in the order of its schema.
 */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import { repositoryRoot } from '../../harness/repository';
import { annotationSchema, PREFIX } from '../../injector/annotations';
import { envSchema as injectorEnv } from '../../injector/config';
import { injectorMetrics } from '../../injector/metrics';
import { agentMetrics } from '../../plugin/server/metrics';
import { sidecarMetrics } from '../../sidecar/metrics';
import { envSchema as pluginServerEnv } from '../../plugin/server/config';
import { envSchema as sidecarEnv } from '../../sidecar/config';

export interface Setting {
  readonly name: string;
  readonly meaning: string;
  readonly byDefault: string;
}

/** The settings of an environment schema. */
export function envSettings(schema: z.ZodObject): Setting[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const type = field as z.ZodType;
    const unset = type.safeParse(undefined);
    return {
      name,
      meaning: type.description ?? '',
      byDefault: unset.success ? shown(unset.data) : 'required',
    };
  });
}

function shown(value: unknown): string {
  if (value === undefined || value === '') return '';
  if (value === os.hostname()) return "the machine's host name";
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

const LUA_SETTING =
  /\{ (\w+) = \{\s*description = "([^"]*)",\s*type = "\w+",( required = true,)?(?: default = (?:"([^"]*)"|([\w.]+)))?/g;

/** The fields of the `drain` plugin's config in schema.lua. */
export function drainPluginSettings(): Setting[] {
  const file = path.join(repositoryRoot, 'plugin/kong/kong/plugins/drain/schema.lua');
  return [...readFileSync(file, 'utf8').matchAll(LUA_SETTING)].map(
    ([, name = '', meaning = '', required, text, other]) => {
      const byDefault = text ?? other;
      const unset = required === undefined ? '' : 'required';
      return { name, meaning, byDefault: byDefault === undefined ? unset : `\`${byDefault}\`` };
    },
  );
}

function table(head: string, settings: readonly Setting[]): string {
  const rows = settings.map(
    ({ name, meaning, byDefault }) =>
      `| \`${name}\` | ${meaning.replaceAll('|', '\\|')} | ${byDefault} |`,
  );
  return [`| ${head} | meaning | default |`, '| --- | --- | --- |', ...rows].join('\n');
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  readonly constructor: { readonly name: string };
}

/** The registries of the processes that have one, by the process's name. */
export const metricsOf: Readonly<Record<string, () => Registry>> = {
  sidecar: () =>
    sidecarMetrics(() => {
      throw new Error('only its names are asked');
    }).registry,
  'plugin server': () => agentMetrics().registry,
  injector: () => injectorMetrics().registry,
};

function metricsTable(process: string): string {
  const metrics = metricsOf[process]?.().getMetricsAsArray() as unknown as readonly Metric[];
  const rows = metrics.map(({ name, help, labelNames = [], constructor }) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${constructor.name.toLowerCase()} | ${labels} | ${help.replaceAll('|', '\\|')} |`;
  });
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

const TABLES: Readonly<Record<string, () => string>> = {
  'drain plugin': () => table('field', drainPluginSettings()),
  'plugin server': () => table('variable', envSettings(pluginServerEnv)),
  sidecar: () => table('variable', envSettings(sidecarEnv)),
  injector: () => table('variable', envSettings(injectorEnv)),
  ...Object.fromEntries(
    Object.keys(metricsOf).map((name) => [`metrics of the ${name}`, () => metricsTable(name)]),
  ),
  annotations: () =>
    table(
      'annotation',
      envSettings(annotationSchema).map((each) => ({ ...each, name: `${PREFIX}${each.name}` })),
    ),
};

export const documentsWithTables = ['README.md', 'docs/annotations.md', 'docs/metrics.md'];

/** The text with each table between `<!-- settings: NAME -->` and `<!-- end -->` made anew. */
export function withTables(markdown: string): string {
  return markdown.replace(
    /(<!-- settings: ([\w ]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, name: string, end: string) => {
      const make = TABLES[name];
      if (!make) throw new Error(`no settings "${name}": ${Object.keys(TABLES).join(', ')}`);
      return `${begin}\n${make()}\n\n${end}`;
    },
  );
}
