import { readKongYml } from '../../harness/declarative';
import { drainPluginSettings } from './config-tables';

const OURS = ['drain', 'drain-registry'];

interface Plugin {
  readonly name: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

const { services, routes = [] } = readKongYml();
const plugins: Plugin[] = [...services, ...routes].flatMap(({ plugins: own = [] }) => own);

test('schema.lua describes every field of the plugin', () => {
  expect(drainPluginSettings().map(({ name }) => name)).toEqual([
    'pool',
    'late_binding',
    'panic_below',
    'eject_seconds',
    'tries',
    'policy',
    'hash_on',
    'hash_on_header',
    'hash_fallback',
    'hash_on_cookie',
    'hash_on_cookie_path',
    'hash_on_cookie_same_site',
    'slow_start_seconds',
  ]);
});

test('kong.yml sets only fields that the plugins have, and those that they require', () => {
  const settings = drainPluginSettings();
  const known = settings.map(({ name }) => name);
  const required = settings
    .filter(({ byDefault }) => byDefault === 'required')
    .map(({ name }) => name);
  expect(plugins.filter(({ name }) => name === 'drain')).toHaveLength(2);
  for (const { name, config = {} } of plugins) {
    expect(OURS).toContain(name);
    const given = Object.keys(config);
    expect(given.filter((field) => name !== 'drain' || !known.includes(field))).toEqual([]);
    if (name === 'drain') expect(given).toEqual(expect.arrayContaining(required));
  }
});

test('the sync route has both plugins and no Service, and a Service with drain has a name for its host', () => {
  expect(routes.map(({ plugins: own = [] }) => own.map(({ name }) => name).sort())).toEqual([OURS]);
  for (const { host } of services as readonly { readonly host?: string }[]) {
    expect(host).toMatch(/[a-z]/);
  }
});
