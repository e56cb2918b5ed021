/**
 * Owns the answer to one AdmissionReview (admission.k8s.io/v1).
 * Invariant: no pod is held up by a fault of ours; only a bad annotation may be denied, and only where that was chosen.
 */
import { randomBytes } from 'node:crypto';
import type { V1Pod } from '@kubernetes/client-node';
import { z } from 'zod';
import { DrainError, messageOf } from '../../core/errors';
import { inject, type Injection } from '../inject/inject';
import type { InjectionSettings } from '../inject/settings';

const reviewShape = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: z.string().min(1),
    operation: z.string(),
    namespace: z.string().default(''),
    dryRun: z.boolean().default(false),
    object: z.looseObject({ kind: z.literal('Pod'), spec: z.looseObject({}) }),
  }),
});

/** What became of a pod; `kept`: admitted as it was although it asked for a sidecar. */
export type Verdict = 'not-asked' | 'injected' | 'unchanged' | 'kept' | 'denied' | 'failed';

export interface Refusal {
  readonly pod: V1Pod;
  readonly namespace: string;
  readonly reasons: readonly string[];
  readonly denied: boolean;
}

export interface ReviewDeps {
  readonly settings: () => InjectionSettings;
  readonly denyBad: boolean;
  readonly onVerdict: (verdict: Verdict, namespace: string, detail: object) => void;
  /** Not called for a dry run. */
  readonly onRefusal: (refusal: Refusal) => void;
}

export interface ReviewResponse {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly warnings?: readonly string[];
    readonly status?: { readonly code: number; readonly message: string };
    readonly patchType?: 'JSONPatch';
    readonly patch?: string;
  };
}

const TOKEN_BYTES = 24;
// kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers: longer ones may be cut.
const WARNING_CHARACTERS = 256;

/** Answers one review. Throws `BAD_REVIEW` for what is none; then the API server goes by its failurePolicy. */
export function review(body: unknown, deps: ReviewDeps): ReviewResponse {
  const parsed = reviewShape.safeParse(body);
  if (!parsed.success) {
    throw new DrainError('BAD_REVIEW', `not a review of a Pod: ${z.prettifyError(parsed.error)}`);
  }
  const { uid, namespace, dryRun } = parsed.data.request;
  const pod = parsed.data.request.object as unknown as V1Pod;
  const respond = (response: Omit<ReviewResponse['response'], 'uid'>): ReviewResponse => ({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, ...response },
  });

  let injection: Injection;
  try {
    injection = inject(pod, deps.settings(), randomBytes(TOKEN_BYTES).toString('base64url'));
  } catch (error) {
    deps.onVerdict('failed', namespace, { error: messageOf(error) });
    return respond({ allowed: true, warnings: warningsOf(['the injector failed: no sidecar']) });
  }

  if (injection.kind === 'not-asked') {
    deps.onVerdict('not-asked', namespace, {});
    return respond({ allowed: true });
  }
  if (injection.kind === 'refused') {
    const { reasons } = injection;
    if (!dryRun) deps.onRefusal({ pod, namespace, reasons, denied: deps.denyBad });
    deps.onVerdict(deps.denyBad ? 'denied' : 'kept', namespace, { reasons });
    return deps.denyBad
      ? respond({
          allowed: false,
          status: { code: 422, message: `kong-drain: ${reasons.join('; ')}` },
        })
      : respond({ allowed: true, warnings: warningsOf(['no sidecar, no drain:', ...reasons]) });
  }
  const { patch, warnings } = injection;
  deps.onVerdict(patch.length === 0 ? 'unchanged' : 'injected', namespace, { warnings });
  return respond({
    allowed: true,
    ...(warnings.length === 0 ? {} : { warnings: warningsOf(warnings) }),
    ...(patch.length === 0
      ? {}
      : {
          patchType: 'JSONPatch',
          patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
        }),
  });
}

function warningsOf(texts: readonly string[]): string[] {
  return texts.map((text) => {
    const warning = `kong-drain: ${text}`;
    return warning.length > WARNING_CHARACTERS
      ? `${warning.slice(0, WARNING_CHARACTERS - 1)}…`
      : warning;
  });
}
