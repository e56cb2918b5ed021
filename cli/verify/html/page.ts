/**
 * Owns the HTML report: one file that asks for nothing else. Invariant: it says on top, in a sentence, whether users
 * lost anything; everything below is why.
 */
import { span } from '../../output/span';
import { lostOf, type Facts } from '../report/report';
import type { Verdict } from '../report/verdict';
import { shellLine } from '../rollout/shell-words';
import { el, trusted, type Markup } from './markup';
import { STYLE } from './style';
import { tables } from './tables';
import { timeline } from './timeline';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export function page(facts: Facts, verdict: Verdict): string {
  const title = `${verdict.passed ? 'Passed' : 'Failed'}: rollout of ${hosts(facts)}`;
  const document = el(
    'html',
    { lang: 'en' },
    el(
      'head',
      {},
      el('meta', { charset: 'utf-8' }),
      el('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      el('meta', { 'http-equiv': 'Content-Security-Policy', content: POLICY }),
      el('title', {}, title),
      el('style', {}, trusted(STYLE)),
    ),
    el(
      'body',
      {},
      el(
        'main',
        {},
        head(facts, verdict),
        tiles(facts),
        el('h2', {}, 'What happened'),
        el('div', { class: 'card' }, timeline(facts), legend(facts)),
        ...tables(facts),
        ...method(facts, verdict),
      ),
    ),
  );
  return `<!doctype html>\n${document.text}\n`;
}

function head(facts: Facts, { passed, reasons }: Verdict): Markup {
  const { command, startedAt, endedMs } = facts;
  return el(
    'header',
    { class: passed ? 'verdict' : 'verdict failed' },
    el('strong', {}, passed ? 'PASSED' : 'FAILED'),
    el('h1', {}, sentence(facts)),
    ...(passed ? [] : reasons.map((reason) => el('p', {}, reason))),
    ...(command ? [el('p', {}, el('code', {}, shellLine(command.words)))] : []),
    el(
      'p',
      { class: 'soft' },
      `${hosts(facts)}, ${startedAt.replace('T', ' ').slice(0, 19)} UTC, ${span(endedMs)} of constant load`,
    ),
  );
}

function sentence(facts: Facts): string {
  const { gets, uploads, command } = facts;
  const lost = lostOf(facts);
  const meanwhile = command ? 'while it was rolled' : 'in this time';
  const all = `${count(gets, 'request')}${uploads > 0 ? ` and ${count(uploads, 'upload')}` : ''}`;
  return lost === 0
    ? `Nothing was lost ${meanwhile}: ${all}, each answered.`
    : `${lost.toLocaleString('en')} of ${all} were lost ${meanwhile}.`;
}

function tiles(facts: Facts): Markup {
  const { gets, getFailed, uploads, uploadsFailed, corrupt, downtimeMs, latencyMs, drains, load } =
    facts;
  const sum = (counts: Facts['getFailed']) => Object.values(counts).reduce((a, b) => a + b, 0);
  const tile = (figure: string, what: string, lost = false) =>
    el('div', { class: lost ? 'tile lost' : 'tile' }, el('b', {}, figure), what);
  const lostGets = sum(getFailed);
  const lostUploads = sum(uploadsFailed) + corrupt;
  return el(
    'section',
    { class: 'tiles', 'aria-label': 'Figures' },
    ...(load.getRate > 0
      ? [tile(lostGets.toLocaleString('en'), `of ${count(gets, 'GET')} failed`, lostGets > 0)]
      : []),
    ...(load.uploads > 0
      ? [
          tile(
            lostUploads.toLocaleString('en'),
            `of ${count(uploads, 'upload')} of ${load.uploadMb} MB failed`,
            lostUploads > 0,
          ),
        ]
      : []),
    ...(load.getRate > 0
      ? [
          tile(span(downtimeMs), 'downtime', downtimeMs > 0),
          tile(span(latencyMs.p99), '99 % of GETs answered within'),
        ]
      : []),
    ...(drains.length > 0
      ? [tile(String(drains.length), drains.length === 1 ? 'pod drained' : 'pods drained')]
      : []),
  );
}

function legend(facts: Facts): Markup {
  const entries: [string, string][] = [
    ...(facts.load.getRate > 0 ? ([['good', 'answered']] as [string, string][]) : []),
    ['bad', 'failed'],
    ['down', 'downtime'],
    ...(facts.pods.length > 0
      ? ([
          ['serving', 'pod serves'],
          ['draining', 'pod drains'],
          ['p99fill', 'a gateway confirmed that it sends the pod nothing new'],
        ] as [string, string][])
      : []),
    ...(facts.load.uploads > 0 ? ([['upload', 'upload']] as [string, string][]) : []),
  ];
  return el(
    'ul',
    { class: 'legend' },
    ...entries.map(([kind, text]) =>
      el(
        'li',
        {},
        el(
          'svg',
          { viewBox: '0 0 14 12', 'aria-hidden': 'true' },
          kind === 'p99fill'
            ? el('path', { class: 'ack', d: 'M7 0v12' })
            : el('rect', { class: kind, width: 14, height: 12, rx: 2 }),
        ),
        text,
      ),
    ),
  );
}

function method({ load, version, abandoned }: Facts, { notes }: Verdict): Markup[] {
  const parts = [
    ...(load.getRate > 0
      ? [
          `${load.getRate} GETs per second of ${load.getPath}, begun by the clock whether or not earlier ones were answered`,
        ]
      : []),
    ...(load.uploads > 0
      ? [`${load.uploads} uploads of ${load.uploadMb} MB at a time to ${load.uploadPath}`]
      : []),
  ];
  return [
    el('h2', {}, 'How it was measured'),
    el('p', {}, `${parts.join('; ')}. No request was sent twice. kong-drain ${version}.`),
    el(
      'p',
      {},
      'A GET that failed counts as downtime from the moment at which it was due to the next one that was due and ' +
        'succeeded.',
    ),
    ...notes.map((note) => el('p', {}, `Note: ${note}`)),
    ...(abandoned > 0
      ? [el('p', {}, `${abandoned} requests were given up at the interruption.`)]
      : []),
  ];
}

function hosts({ load }: Facts): string {
  return load.urls.map((url) => new URL(url).host).join(', ');
}

function count(number: number, word: string): string {
  return `${number.toLocaleString('en')} ${word}${number === 1 ? '' : 's'}`;
}
