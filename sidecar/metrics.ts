/** Owns the sidecar's Prometheus metrics. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { requestsOf } from '../core/barrier';
import type { Sidecar } from './sidecar';
import type { DrainSummary } from './timeline';

export function sidecarMetrics(sidecar: () => Sidecar) {
  const registry = new Registry();
  const registers = [registry];
  const badRecords = new Counter({
    name: 'drain_bad_records_total',
    help: 'Records of the registry that were ignored: not parsable, or of an address that is not allowed.',
    registers,
  });
  const refused = new Counter({
    name: 'drain_refused_calls_total',
    help: 'Calls of the hook or of an operator without the right token.',
    registers,
  });
  new Gauge({
    name: 'drain_target_state',
    help: '1 for the state this target is in.',
    labelNames: ['state'],
    registers,
    collect() {
      const { state } = sidecar().status;
      for (const each of ['absent', 'serving', 'draining', 'gone'])
        this.set({ state: each }, Number(each === state));
    },
  });
  new Gauge({
    name: 'drain_registry_answers',
    help: '1 while the registry answers this sidecar.',
    registers,
    collect() {
      this.set(Number(sidecar().status.registryAnswers));
    },
  });
  new Gauge({
    name: 'drain_held_by_gateways',
    help: 'Gateways that hold the running drain, by why: not-acked or in-flight.',
    labelNames: ['why'],
    registers,
    collect() {
      const holds = sidecar().status.drain?.holds ?? [];
      for (const why of ['not-acked', 'in-flight']) {
        this.set({ why }, holds.filter((hold) => hold.why === why).length);
      }
    },
  });
  new Gauge({
    name: 'drain_uploads_late',
    help: 'Uploads that will not be whole by the deadline of the running drain, as the runtime tells of them.',
    registers,
    collect() {
      this.set(sidecar().status.drain?.forecast?.late.length ?? 0);
    },
  });
  new Gauge({
    name: 'drain_elapsed_seconds',
    help: 'For how long the running drain has been going on; 0 without one.',
    registers,
    collect() {
      this.set((sidecar().status.drain?.elapsedMs ?? 0) / 1000);
    },
  });
  new Gauge({
    name: 'drain_deadline_seconds',
    help: 'After how long the running drain is answered in any case; 0 without one.',
    registers,
    collect() {
      this.set((sidecar().status.drain?.deadlineMs ?? 0) / 1000);
    },
  });
  const seconds = new Histogram({
    name: 'drain_seconds',
    help: 'From the beginning of a drain to its answer.',
    labelNames: ['outcome'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600],
    registers,
  });
  const afterLastByte = new Histogram({
    name: 'drain_after_last_byte_seconds',
    help: 'From the end of the last request in flight to the answer of the drain.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  });
  const cut = new Counter({
    name: 'drain_cut_requests_total',
    help: 'Requests and connections that were unfinished at the deadline.',
    registers,
  });

  const closed = new Counter({
    name: 'drain_closed_connections_total',
    help: 'Connections without an end of their own that were closed knowingly, by kind: websocket, sse or stream.',
    labelNames: ['kind'],
    registers,
  });

  return {
    registry,
    badRecords,
    refused,
    drained: (summary: DrainSummary): void => {
      seconds.observe({ outcome: summary.outcome }, summary.totalMs / 1000);
      afterLastByte.observe(summary.afterLastByteMs / 1000);
      cut.inc(requestsOf(summary.cutRequests) || summary.cutConnections.length);
      for (const { kind, clients } of summary.closed) closed.inc({ kind }, clients);
    },
  };
}
