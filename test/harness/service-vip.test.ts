/** What the emulated ClusterIP promises: a choice when a connection is opened, and from then on a mere wire. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { openAddressBook, type AddressBook } from '../../harness/addresses';
import { Endpoints, type Endpoint } from '../../harness/endpoints';
import { startServiceVip, type ServiceVip } from '../../harness/service-vip';
import { waitFor } from '../../harness/wait';

const PORT = 8080;

interface FakePod {
  readonly endpoint: Endpoint;
  readonly server: Server;
  readonly sockets: Socket[];
}

let addresses: AddressBook;
let endpoints: Endpoints;
let vip: ServiceVip;
const pods: FakePod[] = [];
const clients: Socket[] = [];

beforeEach(async () => {
  addresses = await openAddressBook();
  endpoints = new Endpoints(50);
  const host = addresses.serviceAddress;
  vip = await startServiceVip({ host, port: PORT, endpoints, refusedRetries: 5 });
});

afterEach(async () => {
  endpoints.close();
  await vip.close();
  addresses.release();
  for (const socket of [...clients, ...pods.flatMap(({ sockets }) => sockets)]) socket.destroy();
  for (const { server } of pods) server.close();
  clients.length = pods.length = 0;
});

async function startFakePod(): Promise<FakePod> {
  const server = createServer({ allowHalfOpen: true });
  const sockets: Socket[] = [];
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const pod = { endpoint: { host: '127.0.0.1', port }, server, sockets };
  pods.push(pod);
  return pod;
}

async function readyPod(): Promise<FakePod> {
  const pod = await startFakePod();
  endpoints.setReady(pod.endpoint, true);
  return pod;
}

async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const client = connect({ host: vip.host, port: PORT, localAddress, allowHalfOpen: true });
  clients.push(client);
  client.on('error', () => undefined);
  await once(client, 'connect');
  return client;
}

async function accepted(pod: FakePod): Promise<Socket> {
  return waitFor('a connection at the pod', () => pod.sockets.at(-1));
}

const text = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]);

test('without an endpoint a connection is refused, with one it is made, and refused again when the last has gone', async () => {
  await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const { endpoint } = await readyPod();
  await expect(open()).resolves.toBeDefined();
  endpoints.leave(endpoint);
  await waitFor('the endpoint to go', () => endpoints.ready().length === 0);
  await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('the pod sees the address of the client, not of the forwarder', async () => {
  const pod = await readyPod();
  await open('127.2.0.7');
  expect((await accepted(pod)).remoteAddress).toBe('127.2.0.7');
});

test('a connection lives on after its endpoint has left, while new ones go elsewhere', async () => {
  const leaving = await readyPod();
  const client = await open();
  const atPod = await accepted(leaving);
  endpoints.leave(leaving.endpoint);
  const other = await readyPod();
  await waitFor('the endpoint to go', () => endpoints.ready().length === 1);

  await open();
  await accepted(other);
  client.write('still there?');
  expect(await text(atPod)).toBe('still there?');
  atPod.write('yes');
  expect(await text(client)).toBe('yes');
});

test('an endpoint leaves after the lag, not before', async () => {
  const { endpoint } = await readyPod();
  const startMs = performance.now();
  endpoints.leave(endpoint);
  expect(endpoints.ready()).toHaveLength(1);
  await once(endpoints, 'change');
  expect(performance.now() - startMs).toBeGreaterThan(45);
  expect(endpoints.ready()).toHaveLength(0);
});

test('a new pod at the address of one that is leaving stays', async () => {
  const { endpoint } = await readyPod();
  const other = await readyPod();
  endpoints.leave(endpoint);
  endpoints.leave(other.endpoint);
  endpoints.setReady({ ...endpoint }, true);
  await once(endpoints, 'change');
  expect(endpoints.ready()).toEqual([endpoint]);
});

test('a half-close is passed on as one: the answer still comes', async () => {
  const pod = await readyPod();
  const client = await open();
  const atPod = await accepted(pod);
  client.end('question');
  atPod.resume();
  await once(atPod, 'end');
  atPod.end('answer');
  expect(await text(client)).toBe('answer');
  await once(client, 'end');
});

test.each(['pod', 'client'] as const)(
  'a reset by the %s reaches the other side as a reset',
  async (who) => {
    const pod = await readyPod();
    const client = await open();
    const atPod = await accepted(pod);
    const [from, to] = who === 'pod' ? [atPod, client] : [client, atPod];
    const error = once(to, 'error').then(
      ([seen]) => seen as NodeJS.ErrnoException,
      (thrown: unknown) => thrown as NodeJS.ErrnoException,
    );
    const errored = new Promise<NodeJS.ErrnoException>((resolve) => to.once('error', resolve));
    from.resetAndDestroy();
    expect((await Promise.race([errored, error])).code).toBe('ECONNRESET');
  },
);

test('an endpoint that refuses costs a retry, as Kong would make one; only when all refuse is there a reset', async () => {
  const dead = await readyPod();
  dead.server.close();
  const alone = await open();
  const reset = await new Promise<NodeJS.ErrnoException>((resolve) => alone.once('error', resolve));
  expect(reset.code).toBe('ECONNRESET');

  const alive = await readyPod();
  const wanted = 8;
  await Promise.all(Array.from({ length: wanted }, () => open()));
  // With seed 1 none of the eight picks the dead one six times in a row.
  await waitFor('all to arrive', () => alive.sockets.length === wanted);
});
