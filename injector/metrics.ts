/** Owns the injector's and the controller's Prometheus metrics. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export function injectorMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const events = new Counter({
    name: 'drain_controller_events_total',
    help: 'Events written, by reason.',
    labelNames: ['reason'],
    registers,
  });
  // A counter that begins at 1 shows no increase: the first cut would raise no alert.
  for (const reason of ['DrainCut', 'DrainReleased']) events.inc({ reason }, 0);
  return {
    registry,
    reviews: new Counter({
      name: 'drain_injector_reviews_total',
      help: 'Pods reviewed, by what became of them: injected, unchanged, not-asked, kept (admitted without the sidecar it asked for), denied, failed.',
      labelNames: ['verdict'],
      registers,
    }),
    reviewSeconds: new Histogram({
      name: 'drain_injector_review_seconds',
      help: 'From a whole review to its answer.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5],
      registers,
    }),
    certificateEnds: new Gauge({
      name: 'drain_injector_certificate_not_after_seconds',
      help: 'When the certificate that is served ends, seconds since the epoch.',
      registers,
    }),
    certificateErrors: new Counter({
      name: 'drain_injector_certificate_errors_total',
      help: 'Rounds in which the certificate could not be looked after.',
      registers,
    }),
    leads: new Gauge({
      name: 'drain_controller_leads',
      help: '1 while this replica leads the controller.',
      registers,
    }),
    duties: new Counter({
      name: 'drain_controller_duties_total',
      help: 'What the registry was told of pods, by task (drain, forget) and its answer.',
      labelNames: ['task', 'answer'],
      registers,
    }),
    events,
    costWrites: new Counter({
      name: 'drain_controller_cost_writes_total',
      help: 'Deletion costs written to pods.',
      registers,
    }),
    uninjected: new Gauge({
      name: 'drain_uninjected_pods',
      help: 'Pods that ask for a sidecar and have none, by namespace; known to the leader.',
      labelNames: ['namespace'],
      registers,
    }),
    errors: new Counter({
      name: 'drain_controller_errors_total',
      help: 'Calls to Redis or the Kubernetes API that failed, by what they were for.',
      labelNames: ['what'],
      registers,
    }),
  };
}

export type InjectorMetrics = ReturnType<typeof injectorMetrics>;
