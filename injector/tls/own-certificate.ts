/**
 * Owns the certificate that the injector makes for itself: kept in a Secret that all replicas share, its authorities put
 * into the webhook configuration. Invariant: of replicas that write at once one wins (resourceVersion), and the others
 * take what it wrote.
 */
import {
  ApiException,
  PatchStrategy,
  setHeaderOptions,
  type AdmissionregistrationV1Api,
  type CoreV1Api,
  type V1MutatingWebhookConfiguration,
  type V1Secret,
} from '@kubernetes/client-node';
import { DrainError } from '../../core/errors';
import { splitBundle, type KeyPair } from './issue';
import {
  dueStep,
  fromSecretData,
  takeStep,
  toSecretData,
  type Lives,
  type Material,
  type Step,
} from './material';

export interface OwnCertificateOptions {
  readonly namespace: string;
  readonly secret: string;
  /** The MutatingWebhookConfiguration. */
  readonly webhook: string;
  readonly names: readonly string[];
  readonly lives: Lives;
}

export interface OwnCertificateDeps {
  readonly core: CoreV1Api;
  readonly admission: AdmissionregistrationV1Api;
  readonly wallMs: () => number;
  readonly onStep: (step: Step) => void;
}

/** Replicas that write at once settle within a few rounds. */
const ATTEMPTS = 8;

/**
 * One round: renews what is due and makes the API server trust it. Returns what to serve. Rejects with `TLS_CONTENDED`,
 * or as the API server answers.
 */
export async function keepOwnCertificate(
  options: OwnCertificateOptions,
  deps: OwnCertificateDeps,
): Promise<KeyPair> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Read before the Secret: a bundle is never put back to one that is older than what was read here.
    const webhook = await deps.admission.readMutatingWebhookConfiguration({
      name: options.webhook,
    });
    const secret = await readSecret(options, deps.core);
    const material = fromSecretData(secret?.data);
    const step = dueStep(material, trustedBy(webhook), options.names, options.lives, deps.wallMs());
    try {
      if (step === 'nothing' && material) {
        await trust(webhook, material, deps.admission);
        return material.serving;
      }
      const due = step === 'nothing' ? 'begin' : step;
      const next = await takeStep(due, material, options.names, options.lives, deps.wallMs());
      await writeSecret(options, deps.core, secret, next);
      deps.onStep(due);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  throw new DrainError(
    'TLS_CONTENDED',
    `Secret ${options.namespace}/${options.secret} changed under each of ${ATTEMPTS} attempts: does anything else write it?`,
  );
}

async function readSecret(
  { namespace, secret }: OwnCertificateOptions,
  core: CoreV1Api,
): Promise<V1Secret | undefined> {
  try {
    return await core.readNamespacedSecret({ namespace, name: secret });
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

async function writeSecret(
  { namespace, secret: name }: OwnCertificateOptions,
  core: CoreV1Api,
  before: V1Secret | undefined,
  material: Material,
): Promise<void> {
  const data = toSecretData(material);
  if (before) {
    const body = Object.assign(before, { data: { ...before.data, ...data } });
    await core.replaceNamespacedSecret({ namespace, name, body });
  } else {
    const body = { metadata: { name }, type: 'kubernetes.io/tls', data };
    await core.createNamespacedSecret({ namespace, body });
  }
}

/** The authorities that every webhook of the configuration is trusted by. */
function trustedBy({ webhooks = [] }: V1MutatingWebhookConfiguration): string[] {
  const [first = [], ...others] = webhooks.map(({ clientConfig }) =>
    splitBundle(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString()),
  );
  return first.filter((authority) => others.every((bundle) => bundle.includes(authority)));
}

async function trust(
  webhook: V1MutatingWebhookConfiguration,
  { bundle }: Material,
  admission: AdmissionregistrationV1Api,
): Promise<void> {
  const caBundle = Buffer.from(bundle.join('\n')).toString('base64');
  const changes = (webhook.webhooks ?? []).flatMap(({ clientConfig }, index) =>
    clientConfig.caBundle === caBundle
      ? []
      : [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle }],
  );
  if (changes.length === 0) return;
  const version = { path: '/metadata/resourceVersion', value: webhook.metadata?.resourceVersion };
  await admission.patchMutatingWebhookConfiguration(
    { name: webhook.metadata?.name ?? '', body: [{ op: 'test', ...version }, ...changes] },
    setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
  );
}

/** 409: someone else wrote first; 422: the patch's test of the version failed. */
function isConflict(error: unknown): boolean {
  return error instanceof ApiException && [409, 422].includes(error.code);
}
