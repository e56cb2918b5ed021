import { childOf, firstArgument } from '../../nginx/directive';
import { settingOf } from '../../nginx/proxies';
import type { Problem, Rule } from '../../rule';
import { NGINX } from '../../sources-of-facts';
import { layer7 } from './examples';
import { mend } from './mend';

const NEXT = 'proxy_next_upstream';

export const nginxNonIdempotent: Rule = {
  id: 'nginx-retries-post',
  severity: 'error',
  title: 'nginx sends a POST twice',
  why: 'With non_idempotent nginx repeats a POST whose bytes were sent already, so an upload or an order may be done twice.',
  source: NGINX.proxy,
  fixes: 'always: the word is taken out',
  bad: layer7(`${NEXT} error timeout non_idempotent;`),
  good: layer7(`${NEXT} error timeout;`),
  check: ({ nginx: { proxies } }) =>
    proxies.flatMap((proxy): Problem[] => {
      const found = settingOf(proxy, NEXT);
      const words = found?.args.map(({ value }) => value) ?? [];
      if (!words.includes('non_idempotent')) return [];
      const rest = words.filter((word) => word !== 'non_idempotent');
      const text = rest.length > 0 ? rest.join(' ') : 'error timeout';
      return [
        {
          what: `${proxy.title}: ${NEXT} has non_idempotent`,
          certain: true,
          ...mend(proxy, NEXT, text),
        },
      ];
    }),
};

export const nginxNoNext: Rule = {
  id: 'nginx-no-second-try',
  severity: 'error',
  title: 'nginx makes no second try',
  why: "With proxy_next_upstream off a refused connection, of which no byte was sent, is the client's 502, although another gateway is there.",
  source: NGINX.proxy,
  fixes: "always: it becomes `error timeout`, nginx's default, or `on` on layer 4",
  bad: layer7(`${NEXT} off;`),
  good: layer7(`${NEXT} error timeout;`),
  check: ({ nginx: { proxies } }) =>
    proxies.flatMap((proxy): Problem[] => {
      if (firstArgument(settingOf(proxy, NEXT)) !== 'off') return [];
      const wanted = proxy.kind === 'stream' ? 'on' : 'error timeout';
      return [
        { what: `${proxy.title}: ${NEXT} is off`, certain: true, ...mend(proxy, NEXT, wanted) },
      ];
    }),
};

export const nginxSingleServer: Rule = {
  id: 'nginx-single-upstream',
  severity: 'warning',
  title: 'nginx knows one gateway only',
  why: 'An upstream with one server has no other to try while that one restarts; nginx does not even count its failures.',
  source: NGINX.upstream,
  bad: {
    'nginx.conf': layer7()['nginx.conf']?.replace('    server 10.0.0.2:8000;\n', '') ?? '',
  },
  good: layer7(),
  check: ({ nginx: { proxies } }) =>
    proxies.flatMap(({ upstream }): Problem[] => {
      const servers = upstream?.block?.filter(({ name }) => name === 'server') ?? [];
      const live = servers.filter(({ args }) => !args.some(({ value }) => value === 'down'));
      const [only] = live;
      const byName = only !== undefined && !/^[\d.:[\]a-f]+$/i.test(firstArgument(only) ?? '');
      // A name may stand for many addresses, such as a Kubernetes Service's.
      if (upstream === undefined || live.length !== 1 || byName) return [];
      return [
        {
          at: upstream,
          what: `upstream ${firstArgument(upstream) ?? ''}: one server only`,
          snippet: `upstream ${firstArgument(upstream) ?? ''} {\n  server ${firstArgument(only) ?? ''};\n  server SECOND-GATEWAY:8000;\n}`,
        },
      ];
    }),
};

export const nginxKeepaliveHalf: Rule = {
  id: 'nginx-keepalive-half-set',
  severity: 'warning',
  title: 'Keep-alive to the gateways that does not work',
  why: "An upstream's keepalive has an effect only together with HTTP/1.1 and an empty Connection header; else each request opens a connection of its own, which a gateway that leaves may refuse.",
  source: NGINX.upstream,
  bad: layer7('', { upstream: 'keepalive 32;' }),
  good: layer7('proxy_http_version 1.1;\nproxy_set_header Connection "";', {
    upstream: 'keepalive 32;',
  }),
  check: ({ nginx: { proxies } }) =>
    proxies.flatMap((proxy): Problem[] => {
      const { upstream, kind, pass, complete, scopes } = proxy;
      if (kind !== 'http' || !complete || childOf(upstream?.block, 'keepalive') === undefined)
        return [];
      const version = firstArgument(settingOf(proxy, 'proxy_http_version'));
      // A block with a proxy_set_header of its own inherits none.
      const scope = scopes.find((block) => childOf(block, 'proxy_set_header') !== undefined) ?? [];
      const connection = scope.some(
        ({ name, args }) =>
          name === 'proxy_set_header' && args[0]?.value.toLowerCase() === 'connection',
      );
      if ((version === '1.1' || version === '2') && connection) return [];
      const missing = [
        ...(version === '1.1' || version === '2' ? [] : ['proxy_http_version 1.1']),
        ...(connection ? [] : ['proxy_set_header Connection ""']),
      ];
      return [
        {
          at: pass,
          what: `${proxy.title}: keepalive of upstream ${firstArgument(upstream) ?? ''} needs ${missing.join(' and ')}`,
          snippet: missing.map((line) => `${line};`).join('\n'),
        },
      ];
    }),
};
