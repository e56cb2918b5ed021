import { execFileSync } from 'node:child_process';
import { shellLine } from '../../../cli/verify/rollout/shell-words';
import { isSettled, waitCommandOf, type Moment } from '../../../cli/verify/rollout/settled';

const quietMs = 1000;
const settled: Moment = {
  nowMs: 10_000,
  commandEndedMs: 5000,
  waitEndedMs: 'none',
  draining: 0,
  changedMs: undefined,
  failedMs: undefined,
};

test.each<[string, Partial<Moment>, boolean]>([
  ['the command ended long ago', {}, true],
  ['the command runs', { commandEndedMs: undefined }, false],
  ['the command ended a moment ago', { commandEndedMs: 9500 }, false],
  ['what waits for the rollout runs', { waitEndedMs: undefined }, false],
  ['it ended a moment ago', { waitEndedMs: 9001 }, false],
  ['it ended just long enough ago', { waitEndedMs: 9000 }, true],
  ['a target drains', { draining: 1 }, false],
  ['a pod changed a moment ago', { changedMs: 9900 }, false],
  ['a request failed a moment ago', { failedMs: 9900 }, false],
  ['all that is long ago', { waitEndedMs: 6000, changedMs: 7000, failedMs: 8000 }, true],
])('settled: %s', (_, moment, expected) => {
  expect(isSettled({ ...settled, ...moment }, quietMs)).toBe(expected);
});

test.each([
  ['kubectl rollout restart deployment/rt', 'kubectl rollout status deployment/rt'],
  ['kubectl -n shop rollout restart deploy rt', 'kubectl -n shop rollout status deploy rt'],
  [
    '/usr/bin/kubectl --context c rollout restart sts/db --field-manager x',
    '/usr/bin/kubectl --context c rollout status sts/db',
  ],
  ['oc rollout restart dc/rt -o name', 'oc rollout status dc/rt'],
  ['oc rollout restart dc/rt --output=name -n a', 'oc rollout status dc/rt -n a'],
  ['kubectl delete pod rt-1', undefined],
  ['kubectl rollout undo deployment/restart', undefined],
  ['./deploy.sh rollout restart', undefined],
  ['', undefined],
])('%s is waited for by %s', (command, expected) => {
  expect(waitCommandOf(command.split(' '))?.join(' ')).toBe(expected);
});

test('a command is written so that a shell would read it again', () => {
  const words = ['sh', '-c', `echo "it's" $HOME; exit 1`, '', '--flag=a/b:1'];
  const line = shellLine(words);
  expect(line).toBe(`sh -c 'echo "it'\\''s" $HOME; exit 1' '' --flag=a/b:1`);
  expect(execFileSync('sh', ['-c', `printf '%s\\n' ${line}`]).toString()).toBe(
    `${words.join('\n')}\n`,
  );
});
