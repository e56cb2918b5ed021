/** Needs `npm run build`. */
import { startSplitLoad } from '../../load/split-load';
import { listen, wellBehaved } from './misbehaving-server';

test('a load in two processes counts as one: GETs, uploads, failures of both, and what is under way', async () => {
  const seen = { GET: 0, POST: 0 };
  const bad = { GET: 0, POST: 0 };
  const server = await listen((request, response) => {
    const method = request.method as 'GET' | 'POST';
    seen[method] += 1;
    // Not from the first moment on: the load runs before anyone listens to its failures.
    if (seen.GET > 20 && seen[method] % 3 === 0) {
      bad[method] += 1;
      request.resume().on('end', () => response.writeHead(503).end());
    } else wellBehaved(request, response);
  });
  const load = await startSplitLoad({
    ...{ urls: [server.url], getRate: 100, postRate: 0, uploads: 2, uploadMb: 0.1 },
    uploadRate: 1_000_000,
  });
  let failures = 0;
  let underWay = 0;
  load.on('failure', () => (failures += 1));
  for (let i = 0; i < 400 && (seen.GET < 50 || seen.POST < 10); i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    underWay = Math.max(underWay, load.snapshot().uploadsInFlight.length);
  }
  const result = await load.stop();
  await server.close();
  expect(await load.stop()).toBe(result);
  expect(result).toMatchObject({
    ...{ gets: seen.GET, getFailed: { 503: bad.GET }, failed: bad.GET },
    ...{ uploads: seen.POST, uploadFailed: { 503: bad.POST }, cut: bad.POST, corrupt: 0 },
    errors: { 503: bad.GET + bad.POST },
  });
  expect(result.failures).toHaveLength(failures);
  expect(failures).toBe(bad.GET + bad.POST);
  expect(result.uploadRuns).toHaveLength(seen.POST);
  expect(underWay).toBe(2);
});
