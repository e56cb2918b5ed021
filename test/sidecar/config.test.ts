/** A sidecar's environment: every value is judged, and all that is wrong is said together. */
import { parseConfig } from '../../sidecar/config';

const RIGHT = {
  DRAIN_POOL: 'rt',
  DRAIN_TARGET: '10.0.0.1:8080',
  DRAIN_HEALTH_URL: 'http://localhost:8080/health',
};

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    parseConfig(env);
  } catch (error) {
    const [title, ...problems] = (error as Error).message.split('\n');
    expect(title).toBe('the environment is wrong:');
    return problems.map((problem) => problem.trim());
  }
  return [];
}

test('all of it at once: each value, what does not go together, and what nobody knows', () => {
  const problems = problemsOf({
    DRAIN_POOL: 'RT',
    DRAIN_PORT: '0',
    POD_IP: 'nowhere',
    DRAIN_REDIS_URL: 'redis://u:topsecret@a,b',
    DRAIN_REDIS_OPTIONS: '5',
    DRAIN_REDIS_CA_FILE: '/there/is/none.pem',
    DRAIN_ALLOWED_CIDRS: '10.0.0.0/8,x',
    DRAIN_LEASE_MS: '1000',
    DRAIN_RENEW_MS: '900',
    DRAIN_GRACE_SECONDS: '5',
    DRAIN_HOOK_TOKEN: '',
    DRAIN_HOOKTOKEN: 'misspelt',
  });
  const said = problems.map((problem) => problem.split(/[ :]/)[0]);
  expect(said.sort()).toEqual([
    'DRAIN_ALLOWED_CIDRS',
    'DRAIN_HEALTH_URL',
    'DRAIN_HOOKTOKEN',
    'DRAIN_HOOK_TOKEN',
    'DRAIN_LEASE_MS',
    'DRAIN_POOL',
    'DRAIN_PORT',
    'DRAIN_REDIS_CA_FILE',
    'DRAIN_REDIS_OPTIONS',
    'DRAIN_REDIS_URL',
    'DRAIN_RESERVE_SECONDS',
    'POD_IP',
  ]);
  expect(problems.join()).not.toContain('topsecret');
});

test.each([
  [{ DRAIN_TARGET: '0.0.0.0:8080' }, /nobody can connect/],
  [{ DRAIN_TARGET: '[::]:8080' }, /nobody can connect/],
  [{ DRAIN_TARGET: 'rt:8080' }, /not a target/],
  [{ DRAIN_REDIS_OPTIONS: '[]' }, /JSON object/],
  [{ DRAIN_OPERATOR_TOKEN: '' }, /set to nothing/],
])('%j is refused, and nothing else of it', (wrong, why) => {
  expect(problemsOf({ ...RIGHT, ...wrong })).toEqual([expect.stringMatching(why)]);
});

test.each([
  [{}, undefined],
  [{ DRAIN_LONG_CONNECTION_SECONDS: '' }, undefined],
  [{ DRAIN_LONG_CONNECTION_SECONDS: '0' }, 0],
  [{ DRAIN_LONG_CONNECTION_SECONDS: '1.5' }, 1500],
])('%j: long connections are waited for to the deadline, or so many ms', (set, longMs) => {
  expect(parseConfig({ ...RIGHT, ...set }).longMs).toBe(longMs);
});

test('what is set to nothing, but for tokens, counts as not set', () => {
  expect(parseConfig({ ...RIGHT, DRAIN_LEASE_MS: '' }).DRAIN_LEASE_MS).toBe(3000);
});
