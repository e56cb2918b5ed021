import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cli, type Ran } from '../run';

let dir = '';
beforeEach(() => (dir = mkdtempSync(path.join(tmpdir(), 'lint-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function file(name: string, text: string | Buffer): string {
  mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
  writeFileSync(path.join(dir, name), text);
  return name;
}

const lint = (...args: string[]): Promise<Ran> => cli(['lint', ...args], { cwd: dir });

function expectNoTrace({ out, err }: Ran): void {
  expect(out + err).not.toMatch(/\n\s+at |node:internal|undefined|\[object/);
}

const bad = "_format_version: '3.0'\nservices:\n  - name: rt\n    host: rt\n    retries: 0\n";
const good =
  "_format_version: '3.0'\nservices:\n  - name: rt\n    host: rt\n    connect_timeout: 1500\n";

test.each([
  ['a: [1, 2', 'bad.yaml:1'],
  ['kind: A\napiVersion: v1\n metadata: {}\n', 'not valid YAML'],
  ['a: 1\na: 2\n', 'bad.yaml:2: not valid YAML: map keys must be unique'],
  ['apiVersion: v1\nkind: {{ .Values.kind }}\n', 'helm template'],
  ['\tkind: Deployment', 'not valid YAML'],
  ['a: *nothing\n', 'not valid YAML'],
  ['['.repeat(20_000), 'bad.yaml'],
])('malformed YAML is told with its place: %j', async (text, words) => {
  const ran = await lint(file('bad.yaml', text));
  expect(ran.code).toBe(3);
  expect(ran.err).toContain(words);
  expectNoTrace(ran);
});

test('malformed nginx configuration too', async () => {
  const ran = await lint(file('a.conf', 'http {\n'));
  expect(ran).toMatchObject({ code: 3 });
  expect(ran.err).toContain('a.conf:1: not valid nginx configuration');
});

test('what can be read is linted all the same', async () => {
  const ran = await lint(file('bad.yaml', 'a: ['), file('kong.yml', bad), '-o', 'json');
  expect(ran.code).toBe(3);
  expect(JSON.parse(ran.out)).toHaveLength(2);
});

test.each([
  ['a binary file', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2]), 'is a binary file'],
  ['UTF-16', Buffer.from('\ufeffkind: A', 'utf16le'), 'is UTF-16'],
  ['Latin-1', Buffer.from([0x61, 0x3a, 0x20, 0xe4, 0x0a]), 'is not UTF-8'],
  ['21 MiB', Buffer.alloc(21 * 1024 * 1024, 'a'), '20 MiB is the most'],
])('%s is refused', async (_name, bytes, words) => {
  const ran = await lint(file('a.yaml', bytes));
  expect(ran).toMatchObject({ code: 3, out: expect.stringContaining('No findings') as string });
  expect(ran.err).toContain(words);
});

test('a file that is not there is named', async () => {
  expect(await lint('nowhere.yaml')).toMatchObject({
    code: 3,
    err: 'error: nowhere.yaml: does not exist\n',
  });
});

test.each(['', '\n\n', '---\n---\n', '# nothing\n', '{}', '[]', 'null', 'text', '42'])(
  'a file with nothing to lint is no fault: %j',
  async (text) => {
    const ran = await lint(file('a.yaml', text));
    expect(ran).toMatchObject({ code: 0, err: '' });
    expectNoTrace(ran);
  },
);

test('unknown kinds are left out, with a note at -v', async () => {
  const name = file(
    'a.yaml',
    'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nightly}\n---\nfoo: bar\n',
  );
  expect(await lint(name)).toMatchObject({ code: 0, err: '' });
  expect((await lint(name, '-v')).err).toBe(
    'note: a.yaml:1: CronJob nightly: no rule looks at this kind\nnote: a.yaml:5: neither a Kubernetes object nor a Kong file\n',
  );
});

test('objects with values of wrong types are no stumbling block', async () => {
  const ran = await lint(
    file(
      'a.yaml',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: [rt]\nspec: {replicas: "2", strategy: null, template: {metadata: 7, spec: {containers: {a: b}, tolerations: x, terminationGracePeriodSeconds: []}}}\n---\napiVersion: v1\nkind: Service\nspec: null\n---\napiVersion: v1\nkind: List\nitems: {}\n',
    ),
    file(
      'kong.yml',
      '_format_version: {}\nservices: [7, null, {name: [], host: {}, routes: x, plugins: {}}]\nupstreams: [{targets: [1]}]\n',
    ),
    '-v',
  );
  expect([0, 1]).toContain(ran.code);
  expectNoTrace(ran);
});

test('an alias that leads to itself ends', async () => {
  const ran = await lint(
    file('a.yaml', 'apiVersion: apps/v1\nkind: Deployment\nspec: &a\n  template: *a\n'),
  );
  expect([0, 1, 3]).toContain(ran.code);
  expectNoTrace(ran);
});

test('a directory is walked for *.yaml, *.yml, *.json and *.conf', async () => {
  for (const name of [
    'a.yaml',
    'b/c.yml',
    'b/d/e.json',
    'f.txt',
    'node_modules/g.yaml',
    '.git/h.yaml',
  ]) {
    file(
      name,
      name.endsWith('.json')
        ? '{"_format_version":"3.0","services":[{"host":"a","retries":0}]}'
        : bad,
    );
  }
  file('b/x.conf', 'stream { server { listen 1; proxy_pass k; proxy_timeout 1s; } }');
  const { out } = await lint(
    '.',
    '-o',
    'json',
    '--rules',
    'kong-retries-zero,nginx-stream-timeout',
  );
  const files = (JSON.parse(out) as { file: string }[]).map((one) => one.file);
  expect(files).toEqual(['a.yaml', 'b/c.yml', 'b/d/e.json', 'b/x.conf']);
});

test('symbolic links that lead round end, and each file comes once', async () => {
  file('a/kong.yml', bad);
  symlinkSync('..', path.join(dir, 'a', 'up'));
  symlinkSync('kong.yml', path.join(dir, 'a', 'same.yml'));
  symlinkSync('round.yml', path.join(dir, 'a', 'round.yml'));
  const ran = await lint('.', 'a', 'a/kong.yml', '-o', 'json', '--rules', 'kong-retries-zero');
  expect(JSON.parse(ran.out)).toHaveLength(1);
  expect(ran.err).toBe('error: a/round.yml: is a symbolic link that leads round in a circle\n');
});

test('patches of a kustomization beside them are left out', async () => {
  file(
    'kustomization.yaml',
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches:\n  - path: patch.yaml\n',
  );
  file(
    'patch.yaml',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: rt}\nspec:\n  template:\n    spec:\n      containers:\n        - {name: rt, ports: [{containerPort: 80}]}\n',
  );
  const ran = await lint('.', '-v');
  expect(ran.out).toBe('No findings in 2 files.\n');
  expect(ran.err).toContain('patch.yaml:1: is a kustomize patch');
});

test('standard input is read as -, whatever its format', async () => {
  const yaml = await cli(['lint', '-', '-o', 'json'], { stdin: bad });
  expect((JSON.parse(yaml.out) as unknown[])[0]).toMatchObject({
    file: '-',
    line: 3,
    rule: 'kong-connect-timeout',
  });
  const nginx = await cli(['lint', '-', '-o', 'json'], {
    stdin: 'stream {\n  server {\n    proxy_pass k;\n    proxy_timeout 1s;\n  }\n}\n',
  });
  expect((JSON.parse(nginx.out) as { rule: string }[]).map(({ rule }) => rule)).toContain(
    'nginx-stream-timeout',
  );
});

test('nginx and Kong files in a ConfigMap are linted with their lines, and not edited', async () => {
  const name = file(
    'cm.yaml',
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kong\ndata:\n  kong.yml: |\n${bad.replace(/^/gm, '    ').trimEnd()}\n  broken.yml: |\n    _format_version: '3.0'\n    services: [\n`,
  );
  const before = readFileSync(path.join(dir, name), 'utf8');
  const ran = await lint(name, '--fix', '-v', '-o', 'json', '--rules', 'kong-retries-zero');
  expect(JSON.parse(ran.out)).toMatchObject([{ file: 'cm.yaml', line: 11 }]);
  expect(ran.err).toContain('broken.yml: not valid YAML');
  expect(readFileSync(path.join(dir, name), 'utf8')).toBe(before);
});

test('--fix changes the files, says what, and leaves the rest to be told', async () => {
  const name = file('kong.yml', bad);
  const ran = await lint(name, '--fix');
  expect(ran).toMatchObject({ code: 0, out: 'No findings in 1 file.\n' });
  expect(ran.err).toContain(
    'mended kong.yml:5: kong-retries-zero: Kong Service rt: retries is 0.\n',
  );
  expect(readFileSync(path.join(dir, name), 'utf8')).toBe(
    bad.replace('retries: 0', 'retries: 5\n    connect_timeout: 1500'),
  );
  expect(await lint(name, '--fix')).toMatchObject({ code: 0, err: '' });
});

test('--fix --dry-run shows a diff and changes nothing', async () => {
  const name = file('kong.yml', bad);
  const ran = await lint(name, '--fix', '--dry-run');
  expect(ran.code).toBe(1);
  expect(ran.out).toContain('-    retries: 0\n+    retries: 5\n+    connect_timeout: 1500\n');
  expect(readFileSync(path.join(dir, name), 'utf8')).toBe(bad);
});

test.each([
  ['error', good.replace('1500', '60000'), 0],
  ['warning', good.replace('1500', '60000'), 1],
  ['warning', good, 0],
  ['error', bad, 1],
  ['info', good, 0],
  ['never', bad, 0],
])('--fail-on %s', async (severity, text, code) => {
  expect((await lint(file('kong.yml', text), '--fail-on', severity)).code).toBe(code);
});

test('a finding is switched off by a comment on its line or before, or by an annotation', async () => {
  const off = bad
    .replace('retries: 0', 'retries: 0 # kong-drain-ignore kong-retries-zero')
    .replace('  - name', '  # kong-drain-ignore: kong-connect-timeout\n  - name');
  expect(await lint(file('kong.yml', off))).toMatchObject({
    code: 0,
    out: 'No findings in 1 file.\n',
  });
  const service = (annotations: string) =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {${annotations}}}\nspec: {selector: {a: b}, sessionAffinity: ClientIP}\n`;
  expect((await lint(file('a.yaml', service('')), '--fail-on', 'warning')).code).toBe(1);
  const ignored = service('lint.kong-drain.dev/ignore: "service-client-ip-affinity, other"');
  expect((await lint(file('a.yaml', ignored), '--fail-on', 'warning')).code).toBe(0);
});

test.each([
  [[], 'name files or directories'],
  [['a', '--rules', 'no-such'], 'no rule is called "no-such"'],
  [['a', '--disable', 'x', '--dry-run'], '--dry-run goes with --fix'],
  [['-', '--fix'], 'cannot write to standard input'],
  [
    ['a', '-o', 'xml', '--fail-on', 'all', '--reserve', 'long'],
    '--output: must be one of table, json',
  ],
  [['a', '--upload-mb', 'many'], '--upload-mb: must be a number'],
  [['a', '--nope'], "unknown option '--nope'"],
])('wrong arguments end with 2: %j', async (args, words) => {
  const ran = await lint(...args);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain(words);
  expectNoTrace(ran);
});

test('every problem of the arguments is told at once', async () => {
  const { err } = await lint('a', '-o', 'xml', '--fail-on', 'all', '--reserve', 'long');
  expect(err).toMatch(/--output[^]*--fail-on[^]*--reserve/);
});

test('--help has examples and exit codes', async () => {
  const ran = await lint('--help');
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toMatch(/Examples:[^]*kubectl kustomize[^]*Exit codes:/);
});

test('the parameters change what is too short', async () => {
  const name = file(
    'a.conf',
    'stream { server { listen 1; proxy_pass k; proxy_connect_timeout 1s; proxy_timeout 100s; } }',
  );
  expect((await lint(name)).code).toBe(0);
  expect((await lint(name, '--longest-request', '5m')).code).toBe(1);
});
