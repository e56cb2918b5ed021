import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { RULES } from '../../../cli/lint/rules/catalogue';
import { repositoryRoot } from '../../../harness/repository';
import { fixed, lint, rulesOf } from './lint';

const dir = path.join(__dirname, 'fixtures', 'today');
const today = Object.fromEntries(
  readdirSync(dir).map((file) => [file, readFileSync(path.join(dir, file), 'utf8')]),
);

const found = (files: Readonly<Record<string, string>>) =>
  lint(files).map(({ file, line, rule }) => `${file}:${line} ${rule.id}`);

test('the manifests of today light up, each fault at its line', () => {
  expect(found(today)).toEqual([
    'a.conf:15 nginx-body-size',
    'a.conf:15 nginx-connect-timeout',
    'a.conf:15 nginx-keepalive-half-set',
    'a.conf:17 nginx-read-timeout',
    'b.conf:2 nginx-worker-shutdown-timeout',
    'b.conf:11 nginx-connect-timeout',
    'b.conf:12 nginx-stream-timeout',
    'kong-gateway.yaml:2 pdb-missing',
    'kong-gateway.yaml:14 grace-below-longest-request',
    'kong-gateway.yaml:14 spread-missing',
    'kong-gateway.yaml:29 gateway-quit-timeout',
    'kong.yml:4 kong-connect-timeout',
    'kong.yml:5 kong-service-ip',
    'kong.yml:12 kong-request-buffering-off',
    'rt.yaml:2 pdb-missing',
    'rt.yaml:8 replicas-with-hpa',
    'rt.yaml:12 rollout-max-unavailable',
    'rt.yaml:13 rollout-surge-all',
    'rt.yaml:21 hook-exceeds-grace',
    'rt.yaml:21 spread-missing',
    'rt.yaml:23 keepalive-order',
    'rt.yaml:25 command-swallows-sigterm',
    'rt.yaml:29 startup-probe-missing',
    'rt.yaml:34 readiness-slow',
    'rt.yaml:35 readiness-detects-late',
    'rt.yaml:43 liveness-impatient',
    'rt.yaml:45 hook-fixed-sleep',
    'rt.yaml:56 service-client-ip-affinity',
    'rt.yaml:68 hpa-scale-down',
  ]);
});

test('what --fix leaves of them is only what needs a decision', () => {
  const { files } = fixed(today);
  expect(rulesOf(files)).toEqual([
    'gateway-quit-timeout',
    'hook-fixed-sleep',
    'hpa-scale-down',
    'keepalive-order',
    'kong-request-buffering-off',
    'kong-service-ip',
    'nginx-keepalive-half-set',
    'pdb-missing',
    'replicas-with-hpa',
    'rollout-surge-all',
  ]);
});

test('the faults between the files are found only when they are linted together', () => {
  const apart = new Set(Object.entries(today).flatMap(([file, text]) => found({ [file]: text })));
  const between = found(today).filter((one) => !apart.has(one));
  expect(between).toEqual(['rt.yaml:23 keepalive-order']);
});

test("this repository's own kong.yml has no finding", () => {
  const text = readFileSync(path.join(repositoryRoot, 'kong.yml'), 'utf8');
  expect(lint({ 'kong.yml': text }).map(({ what }) => what)).toEqual([]);
});

test('every rule can be chosen alone, and says nothing else', () => {
  for (const rule of RULES) {
    const ids = lint(today, [rule]).map(({ rule: { id } }) => id);
    expect(new Set([rule.id, ...ids]).size).toBe(1);
  }
});
