/**
 * Owns a small API server for the tests: objects by their path, resourceVersions, conflicts, merge and JSON patches, and
 * the watch over pods, as the real one answers (kubernetes.io/docs/reference/using-api/api-concepts).
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { kubeOf, type Kube } from '../../injector/kube';

export interface Stored {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name?: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

export interface TestApiServer {
  readonly kube: Kube;
  /** For another process. */
  readonly kubeconfig: string;
  /** Creates or replaces, as another client of the cluster would. */
  put(collection: string, object: Stored): Stored;
  remove(path: string): void;
  get(path: string): Stored | undefined;
  list(collection: string): Stored[];
  /** `METHOD path` of every request that changed something. */
  readonly writes: string[];
  /** Ends the watches; with `forget` their versions are too old from then on (410 Gone). */
  dropWatches(forget?: boolean): void;
  /** Answers 503 to everything while set. */
  broken: boolean;
  /** Answers nothing at all while set. */
  hanging: boolean;
  close(): Promise<void>;
}

const COLLECTION =
  /^(.*\/(?:pods|secrets|events|leases|namespaces|mutatingwebhookconfigurations))$/;
const PODS = '/api/v1/pods';

class Refusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export async function startApiServer(): Promise<TestApiServer> {
  const objects = new Map<string, Stored>();
  const writes: string[] = [];
  const log: { version: number; type: string; object: Stored }[] = [];
  const watches = new Set<{ response: http.ServerResponse; selector: string }>();
  let version = 100;
  let oldest = 0;

  const tell = (type: string, path: string, object: Stored): void => {
    if (!path.includes('/pods/')) return;
    log.push({ version, type, object: structuredClone(object) });
    for (const { response, selector } of watches) {
      if (matches(object, selector)) response.write(`${JSON.stringify({ type, object })}\n`);
    }
  };
  const store = (path: string, object: Stored): Stored => {
    const known = objects.get(path);
    object.metadata.resourceVersion = String(++version);
    object.metadata.uid ??= known?.metadata.uid ?? `uid-${version}`;
    objects.set(path, structuredClone(object));
    tell(known ? 'MODIFIED' : 'ADDED', path, object);
    return structuredClone(object);
  };
  const remove = (path: string): void => {
    const object = objects.get(path);
    if (!object) return;
    objects.delete(path);
    object.metadata.resourceVersion = String(++version);
    tell('DELETED', path, object);
  };
  const list = (collection: string, selector = ''): Stored[] => {
    const pattern = collection === PODS ? /^\/api\/v1\/namespaces\/[^/]+\/pods\/[^/]+$/ : undefined;
    return [...objects]
      .filter(([path]) =>
        pattern
          ? pattern.test(path)
          : path.startsWith(`${collection}/`) && !path.slice(collection.length + 1).includes('/'),
      )
      .map(([, object]) => structuredClone(object))
      .filter((object) => matches(object, selector));
  };

  const answer = (method: string, url: URL, body: unknown): unknown => {
    const path = url.pathname;
    if (/^\/version\/?$/.test(path)) return { major: '1', minor: '33', gitVersion: 'v1.33.0-test' };
    if (method !== 'GET') writes.push(`${method} ${path}`);
    if (COLLECTION.test(path) && method === 'GET') {
      const items = list(path, url.searchParams.get('labelSelector') ?? '');
      return { kind: 'List', metadata: { resourceVersion: String(version) }, items };
    }
    if (method === 'POST') {
      const object = body as Stored;
      const at = `${path}/${object.metadata.name ?? ''}`;
      if (objects.has(at)) throw new Refusal(409, 'AlreadyExists');
      return store(at, object);
    }
    const known = objects.get(path);
    if (!known) throw new Refusal(404, 'NotFound');
    if (method === 'GET') return structuredClone(known);
    if (method === 'PUT') {
      const object = body as Stored;
      const given = object.metadata.resourceVersion;
      if (given !== undefined && given !== known.metadata.resourceVersion) {
        throw new Refusal(409, 'Conflict');
      }
      return store(path, object);
    }
    const patched = structuredClone(known);
    if (Array.isArray(body)) jsonPatch(patched, body as JsonPatch);
    else merge(patched, body as Record<string, unknown>);
    if (patched.metadata.uid !== known.metadata.uid) throw new Refusal(409, 'Conflict: uid');
    return store(path, patched);
  };

  const watch = (url: URL, response: http.ServerResponse): void => {
    const from = Number(url.searchParams.get('resourceVersion'));
    const selector = url.searchParams.get('labelSelector') ?? '';
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < oldest) {
      const status = { kind: 'Status', code: 410, reason: 'Expired' };
      response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      return;
    }
    for (const { version: at, type, object } of log) {
      if (at > from && matches(object, selector)) {
        response.write(`${JSON.stringify({ type, object })}\n`);
      }
    }
    const entry = { response, selector };
    watches.add(entry);
    response.on('close', () => watches.delete(entry));
  };

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://test');
      const text = Buffer.concat(chunks).toString();
      if (api.hanging) {
        return;
      }
      if (api.broken) {
        response.writeHead(503).end('{}');
        return;
      }
      if (url.searchParams.get('watch') === 'true') {
        watch(url, response);
        return;
      }
      try {
        const found = answer(request.method ?? '', url, text === '' ? undefined : JSON.parse(text));
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
      } catch (error) {
        const code = error instanceof Refusal ? error.code : 500;
        const status = { kind: 'Status', code, message: String(error) };
        response.writeHead(code, { 'content-type': 'application/json' });
        response.end(JSON.stringify(status));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'test', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'test' },
  );
  const dropWatches = (forget = false): void => {
    if (forget) oldest = version + 1;
    for (const { response } of watches) response.end();
    watches.clear();
  };
  const api: TestApiServer = {
    kube: kubeOf(config),
    kubeconfig: config.exportConfig(),
    put: (collection, object) =>
      store(`${collection}/${object.metadata.name ?? ''}`, structuredClone(object)),
    remove,
    get: (path) => structuredClone(objects.get(path)),
    list,
    writes,
    dropWatches,
    broken: false,
    hanging: false,
    close: async () => {
      dropWatches();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return api;
}

function matches({ metadata }: Stored, selector: string): boolean {
  return selector.split(',').every((part) => {
    const [label = '', value] = part.split('=');
    return label === '' || metadata.labels?.[label] === value;
  });
}

type JsonPatch = readonly { readonly op: string; readonly path: string; readonly value: unknown }[];

function jsonPatch(object: Stored, patch: JsonPatch): void {
  for (const { op, path, value } of patch) {
    const keys = path.slice(1).split('/');
    const last = keys.pop() ?? '';
    const node = keys.reduce<Record<string, unknown>>(
      (at, key) => at[key] as Record<string, unknown>,
      object as unknown as Record<string, unknown>,
    );
    if (op === 'test') {
      if (node[last] !== value) throw new Refusal(422, `Invalid: test of ${path} failed`);
    } else node[last] = value;
  }
}

/** RFC 7386. */
function merge(object: Record<string, unknown>, patch: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(object, key);
    else if (typeof value === 'object' && !Array.isArray(value)) {
      if (typeof object[key] !== 'object') object[key] = {};
      merge(object[key] as Record<string, unknown>, value as Record<string, unknown>);
    } else object[key] = value;
  }
}
