import { set } from '../../fix/change';
import type { KongService } from '../../kong/kong-model';
import type { Rule } from '../../rule';
import { KONG, SEEN } from '../../sources-of-facts';
import { kong, kongFile } from '../examples';

/** Kong's entities take numbers, annotations take texts. */
const write = ({ annotated }: KongService, value: number): number | string =>
  annotated ? String(value) : value;

/** An annotation that is not there yet may need the whole mapping: left to the user where there is none. */
const canWrite = ({ annotated }: KongService): boolean => !annotated;

const MOST_MS = 10_000;
const WANTED_MS = 1500;
const LEAST_MS = 10_000;

export const kongConnectTimeout: Rule = {
  id: 'kong-connect-timeout',
  severity: 'warning',
  title: 'Kong waits long for a pod that is gone',
  why: 'The address of a pod that is gone may swallow packets: each try then hangs for the connect_timeout, 60 s by default, before another is made.',
  source: SEEN.kong,
  fixes: `in declarative files: it becomes ${WANTED_MS}`,
  bad: kongFile(kong('connect_timeout: 60000')),
  good: kongFile(kong(`connect_timeout: ${WANTED_MS}`)),
  check: ({ kong: { services } }) =>
    services
      .filter(({ connectTimeout }) => (connectTimeout.value ?? 0) >= MOST_MS)
      .map((one) => ({
        at: one.connectTimeout.at,
        what: `${one.title}: connect_timeout is ${one.connectTimeout.value ?? ''} ms${one.connectTimeout.at.present ? '' : ' (the default)'}, with ${one.retries.value ?? 5} retries ${Math.round((((one.retries.value ?? 5) + 1) * (one.connectTimeout.value ?? 0)) / 1000)} s at worst`,
        changes: [set(one.connectTimeout.at, write(one, WANTED_MS))],
        certain: canWrite(one),
      })),
};

export const kongAnswerTimeout: Rule = {
  id: 'kong-timeout-short',
  severity: 'warning',
  title: 'Kong gives up on a slow answer',
  why: 'read_timeout and write_timeout bound each wait for the socket: a runtime that hashes or stores a 50 MB body before its first answer byte is cut off with a 504, and a POST is not repeated.',
  source: KONG.service,
  more: `It fires below ${LEAST_MS} ms.`,
  bad: kongFile(kong('read_timeout: 3000')),
  good: kongFile(kong('read_timeout: 60000')),
  check: ({ kong: { services } }) =>
    services.flatMap((one) =>
      [
        { name: 'read_timeout', field: one.readTimeout },
        { name: 'write_timeout', field: one.writeTimeout },
      ]
        .filter(({ field }) => (field.value ?? LEAST_MS) < LEAST_MS)
        .map(({ name, field }) => ({
          at: field.at,
          what: `${one.title}: ${name} is ${field.value ?? ''} ms`,
          changes: [set(field.at, write(one, 60_000))],
        })),
    ),
};
