/**
 * Owns the course of one run for its audience: which pods there are, what happened, and the scene of each moment.
 * Invariant: a pod's phase is the registry's word while the registry knows it as serving or draining, else the kubelet's.
 */
import type { Fleet, PodState } from '../running-fleet';
import type { Deletion } from '../kubelet';
import type { LoadSnapshot } from '../../load/result';
import type { Pod } from '../pod';
import type { Audience } from './audience';
import { drainFigures } from './drain-figures';
import { watchRegistry, type RegistrySight } from './registry-watch';
import type { GatewaySight, PodPhase, PodSight, Scene } from './scene';

interface Life {
  readonly startedMs: number;
  phase: PodPhase;
  phaseMs: number;
}

export interface Stage {
  /** From now on the scene shows the load. */
  watchLoad(snapshot: () => LoadSnapshot): void;
  say(text: string): void;
  close(): Promise<void>;
}

const EVENTS_KEPT = 50;
/** A pod that is gone is shown for so long. */
const GONE_SHOWN_MS = 3000;

/** Shows the fleet to the audience until closed. */
export function openStage(fleet: Fleet, audience: Audience, title: () => string): Stage {
  const startedMs = performance.now();
  const lives = new Map<Pod, Life>();
  const events: string[] = [];
  const watch = fleet.redis && watchRegistry(fleet.redis.url);
  let snapshot: (() => LoadSnapshot) | undefined;

  const say = (text: string): void => {
    const line = `${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`;
    events.unshift(line);
    events.length = Math.min(events.length, EVENTS_KEPT);
    audience.event(line);
  };
  const onPod = ({ pod, state }: { pod: Pod; state: PodState }): void => {
    const nowMs = performance.now();
    const life = lives.get(pod) ?? { startedMs: nowMs, phase: state, phaseMs: nowMs };
    lives.set(pod, { ...life, phase: state, phaseMs: nowMs });
    if (state !== 'gone')
      say(`${pod.name} ${state === 'terminating' ? 'is deleted' : `is ${state}`}`);
  };
  const onDrain = (deletion: Deletion): void => say(describeDeletion(deletion));

  const scene = (): Scene => {
    const nowMs = performance.now();
    const sight = watch?.sight();
    for (const [pod, life] of lives) {
      if (life.phase === 'gone' && nowMs - life.phaseMs > GONE_SHOWN_MS) lives.delete(pod);
    }
    return {
      title: title(),
      elapsedMs: nowMs - startedMs,
      load: snapshot?.(),
      pods: [...lives].map(([pod, life]) => podSight(pod, life, sight, nowMs)),
      gateways: fleet.gateways
        .map(({ name }) => gatewaySight(name, sight))
        .sort((a, b) => a.name.localeCompare(b.name)),
      events,
    };
  };

  for (const pod of fleet.pods()) onPod({ pod, state: 'ready' });
  fleet.on('pod', onPod).on('drain', onDrain);
  const timer = setInterval(() => audience.show(scene()), audience.everyMs);
  return {
    watchLoad: (of) => (snapshot = of),
    say,
    close: async () => {
      clearInterval(timer);
      fleet.off('pod', onPod).off('drain', onDrain);
      audience.show(scene());
      audience.end();
      await watch?.close();
    },
  };
}

function podSight(pod: Pod, life: Life, sight: RegistrySight | undefined, nowMs: number): PodSight {
  const record = sight?.targets.get(pod.target);
  const known =
    record && record.state !== 'gone' && life.phase !== 'gone' ? record.state : undefined;
  return {
    name: pod.name,
    phase: known ?? life.phase,
    ageMs: (life.phase === 'gone' ? life.phaseMs : nowMs) - life.startedMs,
    phaseMs: nowMs - life.phaseMs,
    heldBy: sight && record && known === 'draining' ? holders(pod.target, record.epoch, sight) : [],
  };
}

function holders(target: string, epoch: number, { gateways }: RegistrySight): string[] {
  return gateways.flatMap((gateway) => {
    if (gateway.epoch < epoch) return [`${gateway.name} (not acked)`];
    const inFlight = gateway.holding[target] ?? 0;
    return inFlight > 0 ? [`${gateway.name} (${inFlight} in flight)`] : [];
  });
}

function gatewaySight(name: string, sight: RegistrySight | undefined): GatewaySight {
  const record = sight?.gateways.find((gateway) => gateway.name === name);
  if (!record || !sight) return { name };
  return {
    name,
    acked: { epoch: record.epoch, poolEpoch: sight.epoch },
    holding: Object.values(record.holding).reduce((sum, count) => sum + count, 0),
  };
}

function describeDeletion(deletion: Deletion): string {
  const gone = `${deletion.pod} is gone after ${Math.round(deletion.totalMs)} ms`;
  const how = deletion.killed ? ', killed' : '';
  const drain = drainFigures(deletion);
  if (!drain) return gone + how;
  return (
    `${gone}${how}; drain ${drain.outcome} in ${Math.round(drain.totalMs)} ms, ` +
    `acked after ${Math.round(drain.ackMs)} ms, ${Math.round(drain.afterLastByteMs)} ms past its last byte`
  );
}
