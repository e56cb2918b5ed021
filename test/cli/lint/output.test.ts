import path from 'node:path';
import { parse } from 'yaml';
import { RULES } from '../../../cli/lint/rules/catalogue';
import { cli } from '../run';

const cwd = path.join(__dirname, 'fixtures', 'today');
const lint = (...args: string[]) => cli(['lint', '.', ...args], { cwd });

interface Found {
  readonly rule: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly fix: string;
}

test('JSON is a list of findings with exactly these fields', async () => {
  const found = JSON.parse((await lint('-o', 'json')).out) as Found[];
  expect(found).toHaveLength(29);
  for (const one of found) {
    expect(Object.keys(one)).toEqual(['rule', 'severity', 'file', 'line', 'message', 'fix']);
  }
  expect(found.find(({ rule }) => rule === 'rollout-max-unavailable')).toEqual({
    rule: 'rollout-max-unavailable',
    severity: 'error',
    file: 'rt.yaml',
    line: 12,
    message:
      'Deployment rt: maxUnavailable 1 lets a rollout take 1 of 2 pods away at once. With maxUnavailable above 0 old pods are ended before new ones are ready, so that the rest carry all requests or none is left. (Kubernetes docs: Deployments)',
    fix: 'spec:\n  strategy:\n    rollingUpdate:\n      maxUnavailable: 0',
  });
});

test('JSON without findings is an empty list', async () => {
  expect((await lint('-o', 'json', '--rules', 'drain-config')).out).toBe('[]\n');
});

test('YAML says the same as JSON', async () => {
  const json: unknown = JSON.parse((await lint('-o', 'json')).out);
  expect(parse((await lint('-o', 'yaml')).out)).toEqual(json);
});

test('SARIF has a rule for each result, and levels that code hosts know', async () => {
  const { version, runs } = JSON.parse((await lint('-o', 'sarif')).out) as {
    version: string;
    runs: {
      tool: { driver: { rules: { id: string }[] } };
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        locations: { physicalLocation: { region: { startLine: number } } }[];
      }[];
    }[];
  };
  expect(version).toBe('2.1.0');
  const [run] = runs;
  expect(run!.tool.driver.rules).toHaveLength(RULES.length);
  expect(run!.results).toHaveLength(29);
  for (const { ruleId, ruleIndex, level, locations } of run!.results) {
    expect(run!.tool.driver.rules[ruleIndex]!.id).toBe(ruleId);
    expect(['error', 'warning', 'note']).toContain(level);
    expect(locations[0]!.physicalLocation.region.startLine).toBeGreaterThan(0);
  }
});

test('JUnit counts what it has, and escapes it', async () => {
  const { out } = await lint('-o', 'junit');
  expect(out.match(/<testcase /g)).toHaveLength(29);
  expect(out).toContain('<testsuites name="kong-drain lint" tests="29" failures="29">');
  expect(out).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/);
  expect(out.match(/<\/?testsuite[ >]/g)).toHaveLength(10);
});

test('the table is plain when piped, and coloured on a terminal', async () => {
  const plain = await lint();
  expect(plain.out).toMatch(
    /^WHERE +SEVERITY +RULE +WHAT\na\.conf:15 +error +nginx-body-size +location/,
  );
  expect(plain.out).toMatch(
    /\n12 errors, 16 warnings, 1 info in 5 files\. --fix mends \d+ of them/,
  );
  expect(plain.out).not.toContain('\u001b');
  const shown = await cli(['lint', '.'], { cwd, color: true, columns: 100 });
  expect(shown.out).toContain('\u001b[31merror\u001b[39m');
});

test('--explain shows why, the source, and the corrected snippet', async () => {
  const { out } = await lint('--explain', '--rules', 'kong-connect-timeout');
  expect(out).toContain('kong.yml:4: warning: kong-connect-timeout\n');
  expect(out).toMatch(
    /60 s by default[^]*seen on Kong 3\.9\.3[^]* {4}- name: rt\n {6}connect_timeout: 1500\n/,
  );
});

test('--list-rules lists them all, and needs no files', async () => {
  const { out, code } = await cli(['lint', '--list-rules']);
  expect(code).toBe(0);
  for (const { id } of RULES) expect(out).toContain(id);
  const json = JSON.parse((await cli(['lint', '--list-rules', '-o', 'json'])).out) as unknown[];
  expect(json).toHaveLength(RULES.length);
});
