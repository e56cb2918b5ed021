import { waitFor } from '../../harness/wait';
import {
  changeTemplate,
  deletePod,
  ended,
  eventOf,
  sidecarStatus,
  steady,
} from './support/example';
import { figure } from './support/figures';
import { countsOf, expectNothingLost, underLoad } from './support/load';
import { SIDECAR } from './support/sidecar-of';
import { signalContainer } from './support/signal-container';
import { slowUpload } from './support/slow-upload';

const GRACE_SECONDS = 15;

/** One of the user's own, which the injector leaves alone: it does not know the pod's token. */
const OWN_HOOK = { httpGet: { path: '/drain?by=hand', port: 8081 } };

const hookIs = (preStop: object | null) =>
  changeTemplate({ spec: { containers: [{ name: 'rt', lifecycle: { preStop } }] } });

describe('a hook without the token, which the sidecar refuses', () => {
  beforeAll(() => hookIs(OWN_HOOK));
  afterAll(() => hookIs(null));

  test('costs nothing: the controller marks the pod, and its Event says what was refused', async () => {
    const upload = await slowUpload(await steady(2));
    const { pod } = upload;
    const result = await underLoad(async () => {
      await deletePod(pod);
      // The sidecar itself has no drain: it was not asked by anybody who may.
      const isMarked = async () => {
        const status = await sidecarStatus(pod);
        return status?.registered === 'draining' && status.drain === undefined;
      };
      await waitFor('the target to drain', isMarked, { timeoutMs: 30_000 });
      const outcome = await upload.end();
      figure('refused hook', { 'the upload': outcome });
      expect(outcome).toBe('200 whole');
      expect((await ended(pod)).message).toContain('hook was refused: wrong or missing token');
      await steady(2);
    });
    figure('refused hook', countsOf(result));
    expectNothingLost(result);
  });
});

test('a sidecar that hangs answers no hook: its pod lives its grace period and loses nothing', async () => {
  const upload = await slowUpload(await steady(2));
  const { pod } = upload;
  const result = await underLoad(async () => {
    await signalContainer(pod, SIDECAR, 'SIGSTOP');
    const deletedMs = Date.now();
    await deletePod(pod, GRACE_SECONDS);
    await eventOf(pod, ['DrainBegun']);
    const outcome = await upload.end();
    figure('sidecar hangs', { 'the upload': outcome });
    expect(outcome).toBe('200 whole');
    expect((await ended(pod)).reason).toBe('DrainUnknown');
    figure('sidecar hangs', { 'pod gone after s': Math.round((Date.now() - deletedMs) / 1000) });
    await steady(2);
  });
  figure('sidecar hangs', countsOf(result));
  expectNothingLost(result);
});
