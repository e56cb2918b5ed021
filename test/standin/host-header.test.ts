import { ask, cleanUp, script, startGateway, startUpstream } from './support';
import type { Declarative } from '../../harness/standin/declarative';

afterEach(cleanUp);

const SET_TARGET = (port: number) => `kong.service.set_target("127.0.0.1", ${port})`;
const SET_TARGET_KEEPING_HOST = (port: number) =>
  `local host = ngx.var.upstream_host ${SET_TARGET(port)} ngx.var.upstream_host = host`;

interface Case {
  of: string;
  host: string;
  preserve?: boolean;
  target?: string;
  hostHeader?: string;
  access?: (port: number) => string;
  expected: string;
}

const CASES: Case[] = [
  { of: 'an address', host: '127.0.0.1', expected: '127.0.0.1:PORT' },
  { of: 'a DNS name', host: 'localhost', expected: 'localhost:PORT' },
  { of: 'an Upstream of addresses', host: 'pool', target: '127.0.0.1', expected: '127.0.0.1:PORT' },
  { of: 'an Upstream of names', host: 'pool', target: 'localhost', expected: 'localhost:PORT' },
  {
    of: 'an Upstream with host_header',
    host: 'pool',
    target: '127.0.0.1',
    hostHeader: 'rt.internal',
    expected: 'rt.internal:PORT',
  },
  {
    of: 'an Upstream with host_header under preserve_host',
    host: 'pool',
    target: '127.0.0.1',
    hostHeader: 'rt.internal',
    preserve: true,
    expected: 'client.example:81',
  },
  { of: 'a preserved host', host: '127.0.0.1', preserve: true, expected: 'client.example:81' },
  { of: 'set_target', host: 'pool', access: SET_TARGET, expected: '127.0.0.1' },
  {
    of: 'set_target under preserve_host',
    host: 'pool',
    access: SET_TARGET,
    preserve: true,
    expected: '127.0.0.1',
  },
  {
    of: 'set_target with the variable restored',
    host: 'pool',
    access: SET_TARGET_KEEPING_HOST,
    expected: '127.0.0.1:PORT',
  },
  {
    of: 'set_target with the variable restored under preserve_host',
    host: 'pool',
    access: SET_TARGET_KEEPING_HOST,
    preserve: true,
    expected: 'client.example:81',
  },
];

test.each(CASES)('the Host header of $of is $expected', async (row) => {
  const upstream = await startUpstream();
  const target = row.target ?? '127.0.0.1';
  const config: Declarative = {
    services: [
      {
        name: 'rt',
        host: row.host,
        port: upstream.port,
        routes: [
          {
            paths: ['/'],
            preserve_host: row.preserve ?? false,
            plugins: row.access ? [script(row.access(upstream.port))] : [],
          },
        ],
      },
    ],
    upstreams: [
      {
        name: 'pool',
        targets: [{ target: `${target}:${upstream.port}` }],
        ...(row.hostHeader ? { host_header: row.hostHeader } : {}),
      },
    ],
  };
  const gateway = await startGateway(config);
  const answer = await ask(gateway.url, { headers: { host: 'client.example:81' } });
  expect(answer.status).toBe(200);
  expect(upstream.requests[0]?.headers.host).toBe(row.expected.replace('PORT', `${upstream.port}`));
});
