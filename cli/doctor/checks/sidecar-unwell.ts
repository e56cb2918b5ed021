import type { Check, Problem } from '../check';
import type { SidecarEvidence } from '../evidence';

export const sidecarUnwell: Check = {
  id: 'sidecar-unwell',
  severity: 'error',
  title: 'Sidecars see a healthy runtime and the registry',
  needs: 'sidecars',
  find: ({ sidecars }) => sidecars.flatMap(problemsOf),
};

function problemsOf({ url, failure, status }: SidecarEvidence): Problem[] {
  if (failure !== undefined || status === undefined) {
    return [
      {
        subject: url,
        message: `No answer: ${failure ?? ''}. The kubelet's preStop call comes from the node: it would fail too, and SIGTERM follow at once.`,
        fix: 'Let the sidecar listen on all addresses (DRAIN_LISTEN=:8081, not 127.0.0.1), and let NetworkPolicies pass the nodes.',
      },
    ];
  }
  const { pool, target, healthy, registryAnswers, state, registered } = status;
  const subject = `${url} (pool ${pool}, target ${target})`;
  if (!healthy) {
    return [
      {
        subject,
        message: 'Its runtime fails the health probe, so the target is not announced.',
        fix: 'See whether DRAIN_HEALTH_URL is right (http or https, port, path), and the runtime’s own log.',
      },
    ];
  }
  if (!registryAnswers) {
    return [
      {
        subject,
        message: 'Redis does not answer it: its pod would drain blind.',
        fix: "Correct its DRAIN_REDIS_URL; the sidecar's log has Redis' own words.",
      },
    ];
  }
  if (state === 'serving' && registered === 'gone') {
    return [
      {
        subject,
        message: 'It serves, but another sidecar has announced the same address since.',
        fix: 'Give each pod its own DRAIN_TARGET; with hostNetwork also its own port.',
      },
    ];
  }
  return [];
}
