/** Owns the annotations that the linter reads. Invariant: docs/lint/README.md lists exactly these. */

export const ANNOTATIONS = {
  pool: {
    name: 'kong-drain.dev/pool',
    meaning: 'The injector adds sidecar, hook and grace period to the pod; the manifest need not.',
  },
  grace: {
    name: 'kong-drain.dev/grace-seconds',
    meaning: 'The grace period that the injector raises to (300).',
  },
  longestRequest: {
    name: 'lint.kong-drain.dev/longest-request-seconds',
    meaning: 'The longest request of these pods, as `--longest-request`.',
  },
  keepalive: {
    name: 'lint.kong-drain.dev/keepalive-seconds',
    meaning: 'For how long their server keeps an idle connection, as `--runtime-keepalive`.',
  },
  startup: {
    name: 'lint.kong-drain.dev/startup-seconds',
    meaning: 'How long their start takes at most, in seconds.',
  },
  nodeGrace: {
    name: 'lint.kong-drain.dev/node-grace-seconds',
    meaning: 'The grace that their nodes grant, in place of `--spot-grace` and `--node-grace`.',
  },
  ignore: {
    name: 'lint.kong-drain.dev/ignore',
    meaning: 'Rules (comma list, or `all`) that are not for this object.',
  },
} as const;
