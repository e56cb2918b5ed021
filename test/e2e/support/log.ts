/** Owns what the parts say of themselves: log lines and metrics. Invariant: reads only. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Gateway } from '../../../harness/gateway/gateway';
import { httpGet } from '../../../harness/http-get';
import type { Fleet } from '../../../harness/running-fleet';

/** The lines of a file that hold the text. */
export function linesWith(file: string, text: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(text));
}

export function pluginServerLog(fleet: Fleet, gateway: Gateway): string {
  return path.join(fleet.dir, gateway.name, 'plugin-server.log');
}

/** The value of one series, 0 where there is none; `series` as it is printed, labels included. */
export async function metric(url: string, series: string): Promise<number> {
  const { body } = await httpGet(url, { timeoutMs: 2000 });
  const line = body.split('\n').find((line) => line.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

/** How many requests this gateway has left to Kong's own routing since it started. */
export function unassigned(gateway: Gateway): Promise<number> {
  return metric(gateway.metricsUrl!, 'drain_kong_events_total{event="unassigned"}');
}
