import { span } from '../../output/span';
import type { Check, Problem } from '../check';
import type { InjectorEvidence } from '../evidence';

const CERTIFICATE_LEFT_MS = 3 * 24 * 3_600_000;

export const injectorUnwell: Check = {
  id: 'injector-unwell',
  severity: 'error',
  title: 'The injector is ready and no pod slipped past it',
  needs: 'injectors',
  find: ({ injectors }) => injectors.flatMap((one) => problemsOf(one, Date.now())),
};

function problemsOf(injector: InjectorEvidence, nowMs: number): Problem[] {
  const { url, failure, ready, metrics } = injector;
  if (failure !== undefined || !ready) {
    return [
      {
        subject: url,
        message: `The injector ${failure === undefined ? 'is not ready' : `does not answer: ${failure}`}: new pods get no sidecar.`,
        fix: "See its log (kubectl -n kong-drain logs deployment/kong-drain-injector): the Kubernetes API, its certificates' Secret, or its rights.",
      },
    ];
  }
  const slipped = [...metrics.matchAll(/^drain_uninjected_pods\{namespace="([^"]+)"\} (\d+)/gm)];
  const ends = /^drain_injector_certificate_not_after_seconds (\S+)/m.exec(metrics)?.[1];
  const leftMs = ends === undefined ? Infinity : Number(ends) * 1000 - nowMs;
  return [
    ...slipped
      .filter(([, , count]) => Number(count) > 0)
      .map(([, namespace = '', count = '']) => ({
        subject: `namespace ${namespace}`,
        message: `${count} pods ask for a sidecar and have none: they were made while the injector did not answer.`,
        fix: 'kubectl rollout restart their Deployment.',
      })),
    ...(leftMs < CERTIFICATE_LEFT_MS
      ? [
          {
            subject: url,
            message: `Its certificate ends in ${span(Math.max(0, leftMs))}, and it was not renewed.`,
            fix: 'See drain_injector_certificate_errors_total and its log; it needs to write its Secret and its webhook configuration.',
          },
        ]
      : []),
  ];
}
