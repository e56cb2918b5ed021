/** Owns what a preStop hook does, as far as its manifest tells. */
import type { Cursor } from '../yaml/cursor';
import { intOrStringField, stringField } from '../yaml/field';
import type { Hook, HttpCall } from './pod-model';

const SLEEP = /(?:^|[\s;&|/])sleep\s+(\d+(?:\.\d+)?)([smh]?)(?=$|[\s;&|'")])/g;
const ONLY_SLEEP =
  /^(?:(?:\/\S*\/)?(?:ba|da|a)?sh\s+-\w*c\s+)?["']?(?:\/\S*\/)?sleep\s+\d+(?:\.\d+)?[smh]?;?["']?$/;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

export function httpCall(at: Cursor): HttpCall | undefined {
  if (!at.present) return undefined;
  return {
    path: at.at('path').string() ?? '/',
    port: intOrStringField(at.at('port')),
    host: stringField(at.at('host')),
  };
}

/** Reads `lifecycle.preStop`; undefined if it is not there. */
export function readHook(at: Cursor): Hook | undefined {
  if (!at.present) return undefined;
  const words = at.at('exec', 'command').words();
  const exec = words.length > 0 ? words.join(' ').trim() : undefined;
  const sleepAction = at.at('sleep', 'seconds').number();
  return {
    at,
    http: httpCall(at.at('httpGet')),
    exec,
    sleepSeconds: sleepAction ?? secondsAsleep(exec ?? ''),
    onlySleeps: sleepAction !== undefined || ONLY_SLEEP.test(exec ?? ''),
  };
}

function secondsAsleep(command: string): number {
  return [...command.matchAll(SLEEP)].reduce(
    (sum, [, seconds, unit = '']) => sum + Number(seconds) * (UNIT_SECONDS[unit] ?? 1),
    0,
  );
}
