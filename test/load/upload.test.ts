import { generate } from 'selfsigned';
import { startLoad } from '../../load/load';
import { prepareBodies } from '../../load/body';
import { createHash } from 'node:crypto';
import { UPLOAD_MISBEHAVIOURS, listen, wellBehaved, type Behaviour } from './misbehaving-server';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve(behaviour: Behaviour, tls?: { key: string; cert: string }): Promise<string> {
  const server = await listen(behaviour, tls);
  cleanups.push(server.close);
  return server.url;
}

/** Runs uploads alone until `count` have ended, and those under way with them. */
async function uploadUntil(count: number, urls: string[], more: object = {}) {
  const load = startLoad({
    ...{ urls, getRate: 0, postRate: 0, uploads: 3, uploadMb: 1, insecure: true },
    ...more,
  });
  await new Promise<void>((resolve) =>
    load.on('upload-end', () => load.snapshot().uploads >= count && resolve()),
  );
  return load.stop();
}

test('bodies have the asked size, the stated hash, and all differ', () => {
  const bodyOf = prepareBodies(300_001, 7);
  const bodies = Array.from({ length: 9 }, (_, number) => bodyOf(number));
  for (const body of bodies) {
    const whole = Buffer.concat([...body.pieces(65_536)]);
    expect(whole).toHaveLength(300_001);
    expect(createHash('sha256').update(whole).digest('hex')).toBe(body.sha256);
  }
  expect(new Set(bodies.map(({ sha256 }) => sha256)).size).toBe(9);
  expect(prepareBodies(300_001, 7)(3).sha256).toBe(bodies[3]!.sha256);
  expect(prepareBodies(300_001, 8)(3).sha256).not.toBe(bodies[3]!.sha256);
});

test('good uploads, with Content-Length and chunked, are counted and none is cut', async () => {
  const lengths: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    lengths.push(request.headers['content-length']);
    wellBehaved(request, response);
  });
  const result = await uploadUntil(20, [url]);
  expect(result).toMatchObject({ uploads: lengths.length, cut: 0, corrupt: 0, errors: {} });
  expect(new Set(lengths)).toEqual(new Set(['1000000', undefined]));
});

test('uploads over HTTPS with a self-signed certificate', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const url = await serve(wellBehaved, { key, cert });
  expect(await uploadUntil(6, [url])).toMatchObject({ cut: 0, corrupt: 0 });
});

test('a wrong hash is corrupt, not cut, and no error', async () => {
  let count = 0;
  const url = await serve((request, response) => {
    count += 1;
    if (count % 2 === 0) wellBehaved(request, response);
    else request.resume().on('end', () => response.end(JSON.stringify({ sha256: 'f'.repeat(64) })));
  });
  const result = await uploadUntil(10, [url]);
  expect(result).toMatchObject({
    uploads: count,
    cut: 0,
    corrupt: Math.ceil(count / 2),
    errors: {},
  });
});

test.each(Object.entries(UPLOAD_MISBEHAVIOURS))(
  '%s cuts the upload under its kind',
  async (_, { kind, act }) => {
    let bad = 0;
    let seen = 0;
    const url = await serve((request, response) => {
      seen += 1;
      if (seen % 2 === 0) {
        wellBehaved(request, response);
        return;
      }
      bad += 1;
      act(request, response);
    });
    const result = await uploadUntil(6, [url]);
    expect(result).toMatchObject({
      uploads: seen,
      cut: bad,
      corrupt: 0,
      uploadFailed: { [kind]: bad },
    });
  },
);

test('a paced upload is written in many small pieces and hashes right', async () => {
  let pieces = 0;
  const url = await serve((request, response) => {
    request.on('data', () => (pieces += 1));
    wellBehaved(request, response);
  });
  const result = await uploadUntil(1, [url], { uploads: 1, uploadMb: 0.1, uploadRate: 500_000 });
  expect(result).toMatchObject({ cut: 0, corrupt: 0 });
  expect(pieces / result.uploads).toBeGreaterThanOrEqual(4);
});
