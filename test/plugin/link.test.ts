/** The link's own failures, with a real peer: a call that fails is told so, and the process lives on. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Link } from '../../plugin/server/link';

let server: Server;
let link: Link;
/** What the peer does with each line that it reads. */
let onLine: (socket: Socket, line: string) => void;
const upgraded: Socket[] = [];

beforeEach(async () => {
  onLine = (socket, line) => socket.write(`${line.toUpperCase()}\n`);
  server = createServer((_, response) => response.end('no link here'));
  server.on('upgrade', (request, socket: Socket) => {
    upgraded.push(socket);
    if (request.headers['x-drain-token'] !== 'token') {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: drain-sync\r\n\r\n',
    );
    socket.on('error', () => undefined);
    socket.on('data', (line: Buffer) => onLine(socket, line.toString().trim()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  link = new Link(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sync`));
});

afterEach(async () => {
  link.close();
  for (const socket of upgraded.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('calls are answered line by line', async () => {
  await link.open('token');
  expect(link.isOpen).toBe(true);
  expect(await link.call('one')).toBe('ONE');
  expect(await link.call('two')).toBe('TWO');
});

test.each<[string, (socket: Socket) => void, RegExp]>([
  ['is reset', (socket) => void socket.resetAndDestroy(), /ECONNRESET/],
  ['is closed', (socket) => void socket.end(), /closed the link/],
  ['is not answered', () => undefined, /silent/],
])('a call that %s rejects, and the link can be opened anew', async (_, act, error) => {
  onLine = act;
  await link.open('token');
  await expect(link.call('hello')).rejects.toThrow(error);
  expect(link.isOpen).toBe(false);
  await expect(link.call('again')).rejects.toThrow('not open');

  onLine = (socket, line) => socket.write(`${line}\n`);
  await link.open('token');
  expect(await link.call('hello')).toBe('hello');
});

test('a Kong that refuses it, keeps none, or is away leaves it closed', async () => {
  await link.open('another token');
  expect(link.isOpen).toBe(false);
  server.removeAllListeners('upgrade');
  await link.open('token');
  expect(link.isOpen).toBe(false);
  server.closeAllConnections();
  server.close();
  await link.open('token');
  expect(link.isOpen).toBe(false);
});
