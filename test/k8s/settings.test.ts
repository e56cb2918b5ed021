import { DrainError } from '../../core/errors';
import { readSettings } from './support/settings';

function refusalOf(env: NodeJS.ProcessEnv): DrainError | undefined {
  try {
    readSettings(env);
    return undefined;
  } catch (error) {
    return error instanceof DrainError ? error : undefined;
  }
}

test.each([
  [{}, 'NO_CLUSTER'],
  [{ KUBECONFIG: '' }, 'NO_CLUSTER'],
  [{ KUBECONFIG: 'admin.conf' }, 'NO_KONG'],
])('without a cluster or a Kong (%j) nothing counts as passed', (env, code) => {
  const refusal = refusalOf(env);
  expect(refusal?.code).toBe(code);
  expect(refusal?.message).toContain('does not count as passed');
});

test('the images and the number of rollouts have defaults', () => {
  expect(readSettings({ KUBECONFIG: 'admin.conf', KONG_BIN: 'kong' })).toEqual({
    kong: { command: 'kong' },
    image: 'kong-drain:0.1.0',
    redisImage: 'redis:7.2-alpine',
    kubectl: 'kubectl',
    rollouts: 5,
    figuresFile: undefined,
    logs: 'remove',
  });
});
