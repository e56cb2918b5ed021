// The example runtime's configuration, without a process.
import { helpText, parseConfig } from '../../example/rt/config';

test('the defaults serve a pod behind Kong', () => {
  expect(parseConfig({})).toMatchObject({
    listen: { host: undefined, port: 8080 },
    https: false,
    shutdown: 'graceful',
    keepAliveMs: 75_000,
    keepUploads: false,
    faults: false,
  });
});

test.each([
  ['127.1.0.7:8080', '127.1.0.7', 8080],
  ['[::1]:80', '::1', 80],
  [':0', undefined, 0],
])('%s is an address to listen on', (value, host, port) => {
  expect(parseConfig({ RT_LISTEN: value }).listen).toEqual({ host, port });
});

test('all problems are reported at once, misspelt names too', () => {
  const env = { RT_LISTEN: 'x:99999', RT_HTTPS: 'yes', RT_PODD: 'a', RT_TLS_KEY: 'key.pem' };
  expect(() => parseConfig(env)).toThrow(/RT_LISTEN[^]*RT_HTTPS[^]*RT_PODD[^]*RT_TLS_CERT/);
});

test('empty variables and those Kubernetes adds for a Service named rt are not ours', () => {
  const links = {
    RT_SERVICE_HOST: '10.0.0.1',
    RT_SERVICE_PORT_HTTPS: '8080',
    RT_PORT: 'tcp://10.0.0.1:8080',
    RT_PORT_8080_TCP_ADDR: '10.0.0.1',
    RT_CANARY_SERVICE_HOST: '10.0.0.2',
  };
  expect(parseConfig({ ...links, RT_JOURNAL: '' })).toEqual(parseConfig({}));
});

test('the help names every setting with its default', () => {
  expect(helpText()).toMatch(/RT_KEEPALIVE_SECONDS.*\(default 75\)/);
  expect(helpText().match(/^ {2}RT_/gm)).toHaveLength(13);
});
