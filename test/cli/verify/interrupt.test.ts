/** The binary as a process: Ctrl-C ends it orderly, with a report. Needs `npm run build`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Facts } from '../../../cli/verify/report/report';
import { compiledEntry } from '../../../harness/repository';
import { waitFor } from '../../../harness/wait';
import { listen, wellBehaved } from '../../load/misbehaving-server';

test('Ctrl-C while a command runs and uploads hang: both end, what was seen is reported, exit code 130', async () => {
  let gets = 0;
  let uploads = 0;
  const server = await listen((request, response) => {
    if (request.method === 'GET') {
      gets += 1;
      wellBehaved(request, response);
    } else {
      uploads += 1;
      request.resume(); // and never an answer
    }
  });
  const dir = mkdtempSync(path.join(tmpdir(), 'verify-'));
  const files = ['--json', path.join(dir, 'a.json'), '--html', path.join(dir, 'a.html')];
  const load = ['--get-rate', '50', '--uploads', '2', '--upload-mb', '0.1', '--before', '100ms'];
  const child = spawn(
    process.execPath,
    [compiledEntry('cli/main.ts'), 'verify', '--url', server.url, ...load, ...files].concat([
      '--',
      ...['sh', '-c', 'exec sleep 600'],
    ]),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  await waitFor(
    'the load and the command',
    () => gets > 20 && uploads === 2 && err.includes('command runs'),
    { timeoutMs: 30_000 },
  );
  child.kill('SIGINT');
  const [code] = (await once(child, 'close')) as [number];
  const report = JSON.parse(readFileSync(path.join(dir, 'a.json'), 'utf8')) as Facts;
  const html = readFileSync(path.join(dir, 'a.html'), 'utf8');
  rmSync(dir, { recursive: true });
  await server.close();
  expect(out).toContain('interrupted');
  expect(report).toMatchObject({ interrupted: true, getFailed: {}, uploadsFailed: {}, uploads: 0 });
  expect(report.abandoned).toBeGreaterThanOrEqual(2);
  expect(report.gets).toBeGreaterThan(15);
  expect(html).toContain('</html>');
  expect(code).toBe(130);
}, 60_000);
