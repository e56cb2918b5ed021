/** The sockets that listen for a runtime, by the kernel's own table and real servers. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { listeners } from '../../sidecar/peers';

const ADDRESS = '127.0.7.1';
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(host: string, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer();
  servers.push(server);
  server.listen(port, host);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

test('a server that was started again listens on another socket', async () => {
  const { server, port } = await listen(ADDRESS);
  const [before, ...others] = await listeners(port, new Set([ADDRESS]));
  expect(before).toMatch(/^[1-9]\d*$/);
  expect(others).toEqual([]);
  expect(await listeners(port, new Set([ADDRESS]))).toEqual([before]);

  server.close();
  await once(server, 'close');
  expect(await listeners(port, new Set([ADDRESS]))).toEqual([]);

  await listen(ADDRESS, port);
  const [after] = await listeners(port, new Set([ADDRESS]));
  expect(after).toMatch(/^[1-9]\d*$/);
  expect(after).not.toBe(before);
});

test('one for all addresses counts, one for a neighbour’s address does not', async () => {
  const { port } = await listen(ADDRESS);
  expect(await listeners(port, new Set(['127.0.7.2']))).toEqual([]);
  for (const wildcard of ['0.0.0.0', '::']) {
    const { port: open } = await listen(wildcard);
    expect(await listeners(open, new Set(['127.0.7.2']))).toHaveLength(1);
  }
});
