import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeJournals } from '../../load/journal';
import { startLoad } from '../../load/load';
import { listen } from './misbehaving-server';

test('an id in two journals or twice in one is a duplicate, one in none is unseen', () => {
  expect(judgeJournals(['a', 'b', 'c', 'd'], ['a\nb\nforeign\nforeign\n', 'b\nc\nc\n'])).toEqual({
    duplicate: ['b', 'c'],
    unseen: ['d'],
  });
});

test('answered POSTs that runtimes saw twice or never become failures, and the sums hold', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'journal-'));
  const files = [join(dir, 'rt-1'), join(dir, 'rt-2'), join(dir, 'never-written')];
  const expected = { duplicate: 0, unseen: 0, '502': 0 };
  let seen = 0;
  const server = await listen((request, response) => {
    const id = String(request.headers['x-request-id']);
    const turn = seen++ % 6;
    if (turn !== 0) appendFileSync(files[0]!, `${id}\n`);
    // A failed POST that was run, even twice, is one failure already.
    if (turn === 1 || turn === 2) appendFileSync(files[1]!, `${id}\n`);
    if (turn === 0) expected.unseen += 1;
    if (turn === 1) expected.duplicate += 1;
    if (turn === 2) expected['502'] += 1;
    request
      .resume()
      .on('end', () => response.writeHead(turn === 2 ? 502 : 200).end(`{"id":"${id}"}`));
  });
  const load = startLoad({
    ...{ urls: [server.url], getRate: 0, postRate: 200, uploads: 0 },
    journals: () => files,
  });
  for (let i = 0; i < 1000 && seen < 30; i++) await new Promise((r) => setTimeout(r, 5));
  const result = await load.stop();
  await server.close();
  rmSync(dir, { recursive: true });
  expect(result.errors).toEqual(expected);
  expect(result.requests).toBe(seen);
  expect(result.failed).toBe(expected.duplicate + expected.unseen + expected['502']);
});
