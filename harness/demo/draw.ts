/** Owns the picture of a scene. Invariant: pure; no line is wider than asked, whatever the scene holds. */
import { styleText } from 'node:util';
import { Format, Presets } from 'cli-progress';
import type { GatewaySight, PodPhase, PodSight, Scene } from './scene';
import type { LoadSnapshot } from '../../load/result';

type Style = Parameters<typeof styleText>[0];

const STYLES: Readonly<Record<PodPhase, Style>> = {
  starting: 'cyan',
  ready: 'green',
  serving: 'green',
  draining: 'yellow',
  terminating: 'red',
  gone: 'gray',
};
const BAR = { ...Presets.shades_classic, barsize: 30 };
const MAX_UPLOADS = 8;

/** The scene as lines of at most `columns` characters, at most `rows` of them; the oldest events give way. */
export function draw(scene: Scene, columns: number, rows: number): string[] {
  const line = (text: string, style?: Style): string => {
    const cut = text.slice(0, columns);
    return style ? styleText(style, cut) : cut;
  };
  const heading = (text: string): string => line(text, 'bold');
  const lines = [
    heading(`${scene.title}   ${seconds(scene.elapsedMs)}`),
    ...(scene.load ? countLines(scene.load).map((text) => line(text)) : []),
    '',
    heading('PODS'),
    ...scene.pods.map((pod) => line(podLine(pod), STYLES[pod.phase])),
    '',
    heading('GATEWAYS'),
    ...scene.gateways.map((gateway) => line(gatewayLine(gateway))),
    '',
    heading('UPLOADS'),
    ...(scene.load ? uploadLines(scene.load).map((text) => line(text)) : []),
    '',
    heading('EVENTS'),
  ];
  const room = Math.max(0, rows - lines.length);
  return [...lines, ...scene.events.slice(0, room).map((text) => line(text, 'dim'))].slice(0, rows);
}

/** What went wrong so far, as text: `502: 3, reset-sent: 1`. */
export function describeErrors(errors: Readonly<Record<string, number>>): string {
  return Object.entries(errors)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind}: ${count}`)
    .join(', ');
}

function countLines(load: LoadSnapshot): string[] {
  const { requests, failed, uploads, cut, corrupt, errors } = load;
  return [
    `requests ${requests}  failed ${failed}  uploads ${uploads}  cut ${cut}  corrupt ${corrupt}`,
    `errors   ${describeErrors(errors) || 'none'}`,
  ];
}

function podLine({ name, phase, ageMs, phaseMs, heldBy }: PodSight): string {
  const held = heldBy.length > 0 ? `  held by ${heldBy.join(', ')}` : '';
  const since = phase === 'draining' || phase === 'terminating' ? ` for ${seconds(phaseMs)}` : '';
  return `  ${name.padEnd(8)}${phase.padEnd(12)} age ${seconds(ageMs).padStart(7)}${since}${held}`;
}

function gatewayLine({ name, acked, holding = 0 }: GatewaySight): string {
  if (!acked) return `  ${name.padEnd(8)}no registry: it learns of a deletion by its own errors`;
  const sign = acked.epoch >= acked.poolEpoch ? 'acked' : 'behind';
  return `  ${name.padEnd(8)}${sign} epoch ${acked.epoch} of ${acked.poolEpoch}   in flight to draining pods: ${holding}`;
}

function uploadLines({ uploadsInFlight }: LoadSnapshot): string[] {
  const shown = uploadsInFlight.slice(0, MAX_UPLOADS).map(({ number, sentBytes, totalBytes }) => {
    const share = totalBytes > 0 ? sentBytes / totalBytes : 1;
    const state = sentBytes >= totalBytes ? 'sent, waiting for its answer' : megabytes(sentBytes);
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    return `  #${String(number).padEnd(5)}${bar(share)} ${percent}  ${state}`;
  });
  const more = uploadsInFlight.length - shown.length;
  return more > 0 ? [...shown, `  and ${more} more`] : shown;
}

function bar(share: number): string {
  return Format.BarFormat(share, {
    ...BAR,
    barCompleteString: BAR.barCompleteChar.repeat(BAR.barsize),
    barIncompleteString: BAR.barIncompleteChar.repeat(BAR.barsize),
    barGlue: '',
  });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB sent`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
