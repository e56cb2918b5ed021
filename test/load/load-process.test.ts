import { once } from 'node:events';
import { startLoadProcess } from '../../load/load-process';
import { listen, wellBehaved } from './misbehaving-server';

test('a load in a process of its own tells its events, its snapshots and its result', async () => {
  let seen = 0;
  const server = await listen((request, response) => {
    seen += 1;
    if (seen % 10 === 0) response.writeHead(502).end();
    else wellBehaved(request, response);
  });
  const load = await startLoadProcess({
    ...{ urls: [server.url], getRate: 100, postRate: 50, uploads: 1, uploadMb: 0.1 },
    uploadRate: 1_000_000,
  });
  let failures = 0;
  load.on('failure', () => (failures += 1));
  const [failure] = (await once(load, 'failure')) as unknown[];
  expect(failure).toMatchObject({ kind: '502', gateway: server.url });
  for (let i = 0; i < 200 && load.snapshot().uploads < 2; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const result = await load.stop();
  await server.close();
  expect(await load.stop()).toBe(result);
  expect(result.requests + result.uploads).toBe(seen);
  expect(result.failed + result.cut).toBe(failures);
  expect(result.errors).toEqual({ '502': Math.floor(seen / 10) });
  expect(load.snapshot()).toMatchObject({ requests: result.requests, inFlight: 0 });
});
