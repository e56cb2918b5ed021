import { parseNginx } from '../../../cli/lint/nginx/parse';
import { proxiesOf, secondsOf } from '../../../cli/lint/nginx/proxies';
import { nginxBytes, nginxSeconds } from '../../../cli/lint/nginx/units';
import { walk } from '../../../cli/lint/nginx/directive';
import { rulesOf } from './lint';

const parse = (text: string) => parseNginx({ file: 'a.conf', text, lineOffset: 0, editable: true });

function directives(text: string) {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return walk(parsed.directives).map(({ name, args, line }) =>
    [line, name, ...args.map(({ value }) => value)].join(' '),
  );
}

test('blocks, quotes, escapes, comments and variables are read with their lines', () => {
  const text = `# a comment with { ; }
http {
  log_format main '$remote_addr "$request"; {';
  map $http_upgrade \${connection} { default upgrade; '' close; }
  server { listen 80; location ~ \\.php(/|$) { return 200 "a\\"b"; } }
}
`;
  expect(directives(text)).toEqual([
    '2 http',
    '3 log_format main $remote_addr "$request"; {',
    '4 map $http_upgrade ${connection}',
    '4 default upgrade',
    '4  close',
    '5 server',
    '5 listen 80',
    '5 location ~ \\.php(/|$)',
    '5 return 200 a"b',
  ]);
});

test('Lua blocks are passed over, with the braces in them', () => {
  const text =
    'location / {\n  access_by_lua_block {\n    local t = { a = { 1 } }\n  }\n  proxy_pass http://k;\n}\n';
  expect(directives(text)).toEqual([
    '1 location /',
    '2 access_by_lua_block',
    '5 proxy_pass http://k',
  ]);
});

test.each([
  ['http {\n  server {\n', 2, '"server {" is never closed'],
  ['http {\n}\n}\n', 3, 'a "}" too many'],
  ['http {\n  listen 80\n}\n', 2, 'no ";" after "listen"'],
  ['worker_processes 1\n', 1, 'no ";" after "worker_processes"'],
  ['http {\n  return "x;\n}\n', 2, 'a quote that is never closed'],
  ['{ }\n', 1, 'a "{" without a directive'],
  ['a {'.repeat(200), 1, 'nested too deeply'],
  ['content_by_lua_block {\n', 1, 'a Lua block that is never closed'],
])('%j is told with its line', (text, line, message) => {
  const parsed = parse(text);
  expect(parsed).toMatchObject({ ok: false, line });
  expect(parsed.ok ? '' : parsed.message).toContain(message);
});

test.each([
  ['90', 90],
  ['1h30m', 5400],
  ['500ms', 0.5],
  ['2d', 172_800],
  ['$variable', undefined],
  ['', undefined],
])('the time %j is %p s', (text, seconds) => {
  expect(nginxSeconds(text)).toBe(seconds);
});

test.each([
  ['1024', 1024],
  ['8k', 8192],
  ['50M', 52_428_800],
  ['1g', 1_073_741_824],
  ['1.5m', undefined],
])('the size %j is %p bytes', (text, bytes) => {
  expect(nginxBytes(text)).toBe(bytes);
});

function timeout(...texts: string[]) {
  const files = texts.map((text) => {
    const parsed = parse(text);
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.directives;
  });
  const [proxy] = proxiesOf(files);
  return proxy && secondsOf(proxy, 'proxy_read_timeout', 60);
}

test('a setting is inherited from the outer blocks, the inner one wins', () => {
  const text = (http: string, server: string, location: string) =>
    `http { ${http} server { ${server} location / { proxy_pass http://k; ${location} } } }`;
  expect(timeout(text('', '', ''))).toBe(60);
  expect(timeout(text('proxy_read_timeout 5s;', '', ''))).toBe(5);
  expect(timeout(text('proxy_read_timeout 5s;', 'proxy_read_timeout 6s;', ''))).toBe(6);
  expect(timeout(text('', 'proxy_read_timeout 6s;', 'proxy_read_timeout 7s;'))).toBe(7);
});

test('a file of conf.d inherits from the http block that includes, if that is given', () => {
  const site = 'server { location / { proxy_pass http://k; } }';
  expect(timeout(site)).toBeUndefined();
  expect(timeout(site, 'http { include conf.d/*.conf; proxy_read_timeout 9s; }')).toBe(9);
});

test('what may stand in a file that is not given is not called missing', () => {
  expect(rulesOf({ 'site.conf': 'server { location / { proxy_pass http://k; } }' })).toEqual([]);
  expect(
    rulesOf({
      'site.conf': 'server { location / { proxy_pass http://k; client_max_body_size 1m; } }',
    }),
  ).toEqual(['nginx-body-size']);
});
