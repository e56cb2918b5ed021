/** The pages that listen to the console: how many, and one that does not read. Real sockets. */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import express from 'express';
import { Stream } from '../../../cli/console/http/stream';
import type { Whole } from '../../../cli/console/page/wire';
import { waitFor } from '../../../harness/wait';
import { cleanUp, onCleanUp } from '../../registry/redis';
import { ask, Page } from './console';

afterEach(cleanUp);

const WHOLE: Whole = {
  ...{ nowMs: 0, version: '', orders: false, registry: { reachable: true }, pools: [] },
  ...{ drains: [], older: false, samples: [] },
};

async function started() {
  const stream = new Stream(() => WHOLE);
  const server = http
    .createServer(express().get('/api/events', stream.open))
    .listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanUp(async () => {
    stream.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { stream, port, url: `http://127.0.0.1:${port}` };
}

async function listening(url: string): Promise<http.IncomingMessage> {
  const request = http.get(`${url}/api/events`, { agent: false });
  onCleanUp(() => request.destroy());
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume().on('error', () => undefined);
  return response;
}

test('HEAD is answered at once, and takes no place', async () => {
  const { url } = await started();
  for (let asked = 0; asked < 201; asked++) {
    const answer = await ask(`${url}/api/events`, { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers['content-type']).toMatch(/^text\/event-stream/);
  }
  expect((await listening(url)).statusCode).toBe(200);
});

test('200 pages listen; one more is refused until another has gone', async () => {
  const { url } = await started();
  const pages = await Promise.all(Array.from({ length: 200 }, () => listening(url)));
  expect(new Set(pages.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
  const refused = await ask(`${url}/api/events`);
  expect(refused.status).toBe(503);
  expect(refused.headers['content-type']).toMatch(/^application\/json/);
  expect(JSON.parse(refused.body)).toMatchObject({ code: 'TOO_MANY_PAGES' });
  pages[0]!.destroy();
  await waitFor('its place', async () => {
    const page = await listening(url);
    return page.statusCode === 200;
  });
});

test('a page that does not read is let go; the others hear every event', async () => {
  const { stream, port, url } = await started();
  const reading = new Page(url);
  await waitFor('the page that reads', () => reading.heard.length === 1);
  const slow = net.connect({ host: '127.0.0.1', port });
  onCleanUp(() => slow.destroy());
  let ended = false;
  slow.on('error', () => undefined).on('close', () => (ended = true));
  slow.write('GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(slow, 'readable');

  // 1 MB an event: more than what systems buffer, and the limit, within a hundred of them.
  const pools = { ['x'.repeat(1_000_000)]: [0, 0, 0] as const };
  const wanted = 100;
  for (let told = 1; told <= wanted; told++) {
    stream.tell('sample', { atMs: told, pools });
    await waitFor('the event', () => reading.samples.length === told);
  }
  expect(reading.samples.map(({ atMs }) => atMs)).toEqual(
    Array.from({ length: wanted }, (_, number) => number + 1),
  );
  expect(reading.ended).toBe(false);
  let bytes = 0;
  slow.on('data', (data) => (bytes += data.length));
  await waitFor('the end of the other', () => ended);
  expect(bytes).toBeLessThan(wanted * 1_000_000);
});
