/** Owns the way to the console in the cluster, as a user takes it, and the ear for what its page is told. */
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import path from 'node:path';
import type { Events } from '../../../cli/console/page/wire';
import { httpGet } from '../../../harness/http-get';
import { startProcess } from '../../../harness/process';
import { waitFor } from '../../../harness/wait';
import { stage } from './facts';
import { readSettings } from './settings';

/** Runs `use` with the console's URL while `kubectl port-forward` goes on. */
export async function withConsole(use: (url: string) => Promise<void>): Promise<void> {
  const forward = startProcess({
    name: 'port-forward',
    command: readSettings(process.env).kubectl,
    args: ['-n', 'kong-drain', 'port-forward', 'service/kong-drain-console', ':8700'],
    logFile: path.join(path.dirname(stage().figuresFile), 'port-forward.log'),
  });
  try {
    const find = async (): Promise<string | undefined> => {
      const [, address] = /from (127\S+) ->/.exec(readFileSync(forward.logFile, 'utf8')) ?? [];
      const url = `http://${address ?? ''}`;
      return (await httpGet(`${url}/healthz`, { timeoutMs: 2000 })).status === 200
        ? url
        : undefined;
    };
    await use(await waitFor('the console', find, { timeoutMs: 60_000, everyMs: 200 }));
  } finally {
    await forward.stop();
  }
}

/** By the name of the event, in their order. */
export type Told = { readonly [Name in keyof Events]: Events[Name][] };

/** Calls `use` with what the stream of events has said so far, which grows meanwhile. */
export async function listening(url: string, use: (told: Told) => Promise<void>): Promise<void> {
  const told: Told = { whole: [], change: [], drains: [], sample: [], registry: [] };
  const call = get(`${url}/api/events`, { agent: false }, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/m.exec(block) ?? [];
        if (event && data) told[event as keyof Told].push(JSON.parse(data) as never);
      }
    });
    response.on('error', () => undefined);
  });
  call.on('error', () => undefined); // without a stream nothing is told
  try {
    await use(told);
  } finally {
    call.destroy();
  }
}
