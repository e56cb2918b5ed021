import { RULES } from '../../../cli/lint/rules/catalogue';
import { fixed } from './lint';

const only = (...ids: string[]) => RULES.filter(({ id }) => ids.includes(id));

const fix = (text: string, ...ids: string[]): string =>
  fixed({ 'kong.yml': text }, only(...ids)).files['kong.yml'] ?? '';

const kong = (body: string): string => `_format_version: '3.0'\nservices:\n${body}`;

test('a value is changed in its place, and the comment beside it stays', () => {
  const text = kong('  - name: rt # ours\n    retries: 0   # never again\n    host: rt\n');
  expect(fix(text, 'kong-retries-zero')).toBe(text.replace('retries: 0 ', 'retries: 5 '));
});

test('a missing key goes behind the plain settings, before the lists', () => {
  const text = kong('  - name: rt\n    host: rt # by name\n    routes:\n      - paths: [/]\n');
  expect(fix(text, 'kong-connect-timeout')).toBe(
    text.replace('# by name\n', '# by name\n    connect_timeout: 1500\n'),
  );
});

test.each([
  ['  - {name: rt, host: rt}\n', '  - {connect_timeout: 1500,name: rt, host: rt}\n'],
  ['  - { name: rt, host: rt }\n', '  - { connect_timeout: 1500, name: rt, host: rt }\n'],
])('a flow mapping keeps its style: %s', (body, wanted) => {
  expect(fix(kong(body), 'kong-connect-timeout')).toBe(kong(wanted));
});

test('JSON stays JSON', () => {
  const text =
    '{\n  "_format_version": 3.0,\n  "services": [\n    {\n      "name": "rt",\n      "host": "rt"\n    }\n  ]\n}\n';
  const after = fix(text, 'kong-connect-timeout', 'kong-format-version');
  expect(JSON.parse(after)).toEqual({
    _format_version: '3.0',
    services: [{ connect_timeout: 1500, name: 'rt', host: 'rt' }],
  });
  expect(after).toContain('\n      "connect_timeout": 1500,\n      "name": "rt",\n');
});

test('line breaks of Windows stay', () => {
  const text = kong('  - name: rt\n    host: rt\n').replaceAll('\n', '\r\n');
  const after = fix(text, 'kong-connect-timeout');
  expect(after).toContain('host: rt\r\n    connect_timeout: 1500\r\n');
  expect(after.match(/[^\r]\n/)).toBeNull();
});

test('what comes from an alias or a merge key is left alone', () => {
  const text = `_format_version: '3.0'\n_defaults: &all\n  retries: 0\nservices:\n  - name: rt\n    <<: *all\n    host: rt\n    connect_timeout: 1500\n`;
  expect(fixed({ 'kong.yml': text }, only('kong-retries-zero'))).toEqual({
    files: { 'kong.yml': text },
    mended: [],
  });
});

test('an item is added to a list in the style of the list', () => {
  const block = kong(
    '  - name: a\n    host: rt\n    plugins:\n    - name: drain\n      config: {pool: rt}\n  - name: b\n    host: rt\n    plugins:\n    - name: cors # browsers\n    routes: []\n',
  );
  expect(fix(block, 'drain-plugin-missing')).toBe(
    block.replace(
      '# browsers\n',
      '# browsers\n    - name: drain\n      config:\n        pool: rt\n',
    ),
  );
  const flow = block.replace('\n    - name: cors # browsers\n', ' [{ name: cors }]\n');
  expect(fix(flow, 'drain-plugin-missing')).toContain(
    '[{ name: cors }, { name: drain, config: { pool: rt } }]',
  );
});

test('a pair is replaced by another', () => {
  const text =
    'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec:\n  # all of them\n  minAvailable: 100%\n  selector: {matchLabels: {app: a}}\n';
  expect(fix(text, 'pdb-blocks-evictions')).toBe(
    text.replace('minAvailable: 100%', 'maxUnavailable: 1'),
  );
});

test.each([
  [
    '      httpGet:\n        host: localhost\n        path: /drain\n        port: 8081\n',
    '      httpGet:\n        path: /drain\n        port: 8081\n',
  ],
  [
    '      httpGet: {path: /drain, port: 8081, host: localhost}\n',
    '      httpGet: {path: /drain, port: 8081}\n',
  ],
  ['      httpGet: {host: localhost, port: 8081}\n', '      httpGet: {port: 8081}\n'],
])('a pair is taken away: %s', (before, after) => {
  const pod = (http: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    lifecycle:\n     preStop:\n${http}`;
  expect(fix(pod(before), 'probe-host-loopback')).toBe(pod(after));
});

test('only the document that is wrong changes among several', () => {
  const doc = (name: string, retries: number) =>
    `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec:\n  sessionAffinity: ${retries === 0 ? 'ClientIP' : 'None'}\n  selector: {app: ${name}}\n`;
  const text = `${doc('a', 1)}---\n# second\n${doc('b', 0)}`;
  const files = {
    'a.yaml': text,
    'kong.yml': kong('  - {name: b, host: b, connect_timeout: 1000}\n'),
  };
  const after = fixed(files, only('service-client-ip-affinity')).files['a.yaml'];
  expect(after).toBe(text.replace('ClientIP', 'None'));
});

test('nginx directives are changed and added in the style of their block', () => {
  const text =
    'http {\n\tserver {\n\t\tlisten 80;\n\t\tlocation / {\n\t\t\tproxy_pass http://k; # to C\n\t\t\tproxy_read_timeout   5s;\n\t\t}\n\t}\n}\n';
  const { files } = fixed({ 'a.conf': text }, only('nginx-read-timeout', 'nginx-body-size'));
  expect(files['a.conf']).toBe(
    text
      .replace('server {\n', 'server {\n\t\tclient_max_body_size 53m;\n')
      .replace('timeout   5s', 'timeout   60s'),
  );
});
