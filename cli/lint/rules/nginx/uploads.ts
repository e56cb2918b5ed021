import type { Rule } from '../../rule';
import { bytesOf, secondsOf, settingOf } from '../../nginx/proxies';
import { firstArgument } from '../../nginx/directive';
import { NGINX, SEEN } from '../../sources-of-facts';
import { layer7 } from './examples';
import { inForce, mend } from './mend';

/** Clients on mobile networks stand still for that long, in seconds. */
const STALL_SECONDS = 30;

export const nginxBodySize: Rule = {
  id: 'nginx-body-size',
  severity: 'error',
  title: 'nginx refuses bodies as large as the uploads',
  why: 'client_max_body_size is 1m unless told otherwise, and a larger body is answered with 413.',
  source: NGINX.http,
  more: 'Uploads are as large as `--upload-mb` says (50).',
  fixes: 'always: it becomes a tenth more than the uploads have',
  bad: layer7(),
  good: layer7('client_max_body_size 64m;'),
  check: ({ nginx: { proxies } }, { uploadMb }) =>
    proxies
      .filter(({ kind }) => kind === 'http')
      .flatMap((proxy) => {
        const bytes = bytesOf(proxy, 'client_max_body_size', 1024 * 1024);
        if (bytes === undefined || bytes === 0 || bytes >= uploadMb * 1_000_000) return [];
        const wanted = `${Math.ceil((uploadMb * 1.1 * 1_000_000) / 1024 / 1024)}m`;
        const what = `${proxy.title}: ${inForce(proxy, 'client_max_body_size', '1m')}, uploads have ${uploadMb} MB`;
        return [{ what, certain: true, ...mend(proxy, 'client_max_body_size', wanted) }];
      }),
};

export const nginxBodyTimeout: Rule = {
  id: 'nginx-body-timeout',
  severity: 'warning',
  title: 'nginx gives up on a client that stands still',
  why: 'client_body_timeout (60 s unless told otherwise) bounds the time between two reads of the body; a phone that changes its cell is silent for longer than a few seconds, and gets 408.',
  source: NGINX.http,
  more: `It fires below ${STALL_SECONDS} s.`,
  fixes: "always: it becomes 60s, nginx's default",
  bad: layer7('', { server: 'client_body_timeout 10s;' }),
  good: layer7('', { server: 'client_body_timeout 60s;' }),
  check: ({ nginx: { proxies } }) =>
    proxies
      .filter(({ kind }) => kind === 'http')
      .flatMap((proxy) => {
        const seconds = secondsOf(proxy, 'client_body_timeout', 60);
        if (seconds === undefined || seconds >= STALL_SECONDS) return [];
        const what = `${proxy.title}: ${inForce(proxy, 'client_body_timeout', '60s')}`;
        return [{ what, certain: true, ...mend(proxy, 'client_body_timeout', '60s') }];
      }),
};

export const nginxUnbuffered: Rule = {
  id: 'nginx-request-buffering-off',
  severity: 'warning',
  title: 'nginx streams uploads on',
  why: 'With proxy_request_buffering off an upload belongs to one gateway from its first byte: it cannot move to another when that one goes.',
  source: SEEN.kong,
  bad: layer7('proxy_request_buffering off;'),
  good: layer7('proxy_request_buffering on;'),
  check: ({ nginx: { proxies } }) =>
    proxies.flatMap((proxy) => {
      const found = settingOf(proxy, 'proxy_request_buffering');
      if (firstArgument(found) !== 'off') return [];
      const what = `${proxy.title}: proxy_request_buffering is off`;
      return [{ what, ...mend(proxy, 'proxy_request_buffering', 'on') }];
    }),
};
