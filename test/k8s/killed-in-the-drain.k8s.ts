import { deletePod, ended, eventOf, steady, sidecarStatus } from './support/example';
import { waitFor } from '../../harness/wait';
import { figure } from './support/figures';
import { countsOf, expectNothingLost, underLoad } from './support/load';
import { SIDECAR } from './support/sidecar-of';
import { signalContainer } from './support/signal-container';
import { slowUpload } from './support/slow-upload';

test('a sidecar killed in the middle of a drain costs the hook, and not the upload that the drain waited for', async () => {
  const pods = await steady(2);
  const upload = await slowUpload(pods);
  const { pod } = upload;
  const result = await underLoad(async () => {
    await deletePod(pod);
    const waits = async () => {
      const holds = (await sidecarStatus(pod))?.drain?.holds ?? [];
      return holds.length > 0 && holds.every(({ why }) => why === 'in-flight');
    };
    await waitFor('the drain to wait for the upload', waits, { timeoutMs: 30_000 });
    await signalContainer(pod, SIDECAR, 'SIGKILL');
    await eventOf(pod, ['FailedPreStopHook']);
    const outcome = await upload.end();
    figure('sidecar killed in the drain', { 'the upload': outcome });
    expect(outcome).toBe('200 whole');
    expect((await ended(pod)).reason).toBe('DrainUnknown');
    await steady(2);
  });
  figure('sidecar killed in the drain', countsOf(result));
  expectNothingLost(result);
});
