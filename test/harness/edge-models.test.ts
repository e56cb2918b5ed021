/** The configurations in deploy/edge are what the harness runs: only what is named differs, and what is gone is noticed. */
import { fromModel, gatewaysConf, readModel } from '../../harness/chain/models';

test('every place of a text is changed and nothing else', () => {
  const changed = fromModel('a.nginx.conf', {
    '10.0.2.1:8000': '127.0.0.1:1',
    'listen 443 ': 'x ',
  });
  expect(changed).not.toContain('10.0.2.1');
  const back = changed
    .replaceAll('127.0.0.1:1', '10.0.2.1:8000')
    .replace('x ssl', 'listen 443 ssl');
  expect(back).toBe(readModel('a.nginx.conf'));
});

test('what is put in is not changed again', () => {
  const swapped = fromModel('gateways.conf', {
    '10.0.3.1:8000': '10.0.3.2:8000',
    '10.0.3.2:8000': '10.0.3.1:8000',
  });
  expect(swapped.match(/^server \S+/gm)).toEqual(['server 10.0.3.2:8000', 'server 10.0.3.1:8000']);
});

test('a text that the model no longer holds is an error that names it', () => {
  expect(() => fromModel('b.nginx.conf', { 'listen 8000 ': '', 'no.such (text)': '' })).toThrow(
    'deploy/edge/b.nginx.conf must hold: "no.such (text)"',
  );
});

test('gateways take the options of the lines in the model', () => {
  expect(gatewaysConf(['127.0.0.1:1', '127.0.0.1:2'])).toBe(
    'server 127.0.0.1:1 max_fails=3 fail_timeout=2s;\nserver 127.0.0.1:2 max_fails=3 fail_timeout=2s;\n',
  );
});

test('what must outlast the other does: A decides, neither the balancer nor B cuts', () => {
  const secondsOf = (text: string, pattern: RegExp): number => {
    const [, amount, unit] = pattern.exec(text) ?? [];
    return Number(amount) * (unit === 'm' ? 60 : 1);
  };
  const [a, b] = [readModel('a.nginx.conf'), readModel('b.nginx.conf')];
  const balancer = readModel('balancer.haproxy.cfg');
  const longest = Math.max(
    secondsOf(a, /^ *proxy_read_timeout (\d+)([sm]);/m),
    secondsOf(a, /^ *keepalive_timeout (\d+)([sm]);/m),
    secondsOf(a, /^ *client_body_timeout (\d+)([sm]);/m),
  );
  expect(longest).toBeGreaterThan(0);
  expect(secondsOf(balancer, /timeout client (\d+)([sm])/)).toBeGreaterThan(longest);
  expect(secondsOf(balancer, /timeout server (\d+)([sm])/)).toBeGreaterThan(longest);
  expect(secondsOf(b, /proxy_timeout (\d+)([sm])/)).toBeGreaterThan(longest);
});
