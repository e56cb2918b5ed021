/**
 * Owns the check of manifests against the Kubernetes API: the models of its official client, which are generated from the
 * API's own OpenAPI document, as JSON Schema. Invariant: a field that the API does not have is an error, as for `kubectl`.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv, { type SchemaObject } from 'ajv';
import { repositoryRoot } from '../../harness/repository';
import { customResources } from './custom-resources';

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

const models = path.join(repositoryRoot, 'node_modules/@kubernetes/client-node/dist/gen/models');
const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true });
const SIMPLE: Readonly<Record<string, SchemaObject>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  IntOrString: { type: ['integer', 'string'] },
  Date: { type: 'string' },
  V1MicroTime: { type: 'string' },
  any: {},
  object: {},
};

/** What is wrong with the object; empty where nothing is. */
export function schemaErrors(object: KubeObject): string[] {
  const { apiVersion, kind } = object;
  const custom = customResources[`${apiVersion} ${kind}`];
  const version = apiVersion.split('/').at(-1) ?? '';
  const model = `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
  if (!custom && !existsSync(path.join(models, `${model}.js`))) {
    return [`${apiVersion} has no kind ${kind}`];
  }
  const check = ajv.compile(custom ?? { $ref: defined(model) });
  const errors = check(object) ? [] : (check.errors ?? []);
  return errors.map(({ instancePath, message = '', params }) => {
    const extra = params.additionalProperty as string | undefined;
    return `${kind} ${object.metadata.name}${instancePath} ${message}${extra ? `: ${extra}` : ''}`;
  });
}

/** The name of a model's schema, which is made with all that it needs when it is first asked for. */
function defined(model: string): string {
  if (known.has(model)) return model;
  known.add(model);
  const code = readFileSync(path.join(models, `${model}.js`), 'utf8');
  const types = readFileSync(path.join(models, `${model}.d.ts`), 'utf8');
  const literal = /\.attributeTypeMap = (\[[\s\S]*?\n\]);/.exec(code)?.[1] ?? '[]';
  const attributes = JSON.parse(literal) as Attribute[];
  const required = [...types.matchAll(/^ {4}'(\w+)': /gm)].map(([, name = '']) => name);
  ajv.addSchema(
    {
      type: 'object',
      properties: Object.fromEntries(
        attributes.map(({ baseName, type, format }) => [baseName, schemaOf(type, format)]),
      ),
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
    },
    model,
  );
  return model;
}

const known = new Set<string>();

function schemaOf(type: string, format: string): SchemaObject {
  const list = /^Array<(.+)>$/.exec(type)?.[1];
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (list !== undefined) return { type: 'array', items: schemaOf(list, format) };
  if (map !== undefined) return { type: 'object', additionalProperties: schemaOf(map, format) };
  if (type === 'number') return { type: format.startsWith('int') ? 'integer' : 'number' };
  return SIMPLE[type] ?? { $ref: defined(type) };
}
