import type { Model } from '../../model';
import { type NginxProxy, secondsOf } from '../../nginx/proxies';
import { childOf, firstArgument } from '../../nginx/directive';
import { nginxSeconds } from '../../nginx/units';
import type { Problem, Rule } from '../../rule';
import type { Settings } from '../../settings';
import { NGINX } from '../../sources-of-facts';
import { layer4, layer7 } from './examples';
import { inForce, mend } from './mend';

/** What the proxies behind may take, in seconds: the longest request, or the longest wait of a Kong Service. */
function longest({ kong: { services } }: Model, { longestRequestSeconds }: Settings): number {
  return Math.max(
    longestRequestSeconds,
    ...services.map(({ readTimeout }) => Math.ceil((readTimeout.value ?? 0) / 1000)),
  );
}

/** The problem if a time in force is below what is needed. */
function below(proxy: NginxProxy, name: string, standard: string, needed: number): Problem[] {
  const seconds = secondsOf(proxy, name, nginxSeconds(standard) ?? 0);
  if (seconds === undefined || seconds >= needed) return [];
  const what = `${proxy.title}: ${inForce(proxy, name, standard)}, but ${needed} s may be needed`;
  return [{ what, certain: true, ...mend(proxy, name, `${needed}s`) }];
}

export const nginxReadTimeout: Rule = {
  id: 'nginx-read-timeout',
  severity: 'error',
  title: 'nginx gives up before Kong does',
  why: 'While Kong passes a buffered upload on, nginx hears nothing from it; when proxy_read_timeout is over it answers 504 to a request that is still under way.',
  source: NGINX.proxy,
  more: 'Needed: `--longest-request`, or the longest read_timeout of the Kong Services among the files.',
  fixes: 'always: it is raised to what is needed',
  bad: layer7('proxy_read_timeout 15s;'),
  good: layer7('proxy_read_timeout 120s;'),
  check: (model, settings) =>
    model.nginx.proxies
      .filter(({ kind }) => kind === 'http')
      .flatMap((proxy) => below(proxy, 'proxy_read_timeout', '60s', longest(model, settings))),
};

export const nginxSendTimeout: Rule = {
  id: 'nginx-send-timeout',
  severity: 'warning',
  title: 'nginx gives up on a gateway that reads slowly',
  why: 'proxy_send_timeout bounds the time between two writes: a gateway that is busy buffering many uploads may read nothing for seconds.',
  source: NGINX.proxy,
  more: 'It fires below 30 s.',
  fixes: "always: it becomes 30 s; nginx's default is 60",
  bad: layer7('proxy_send_timeout 5s;'),
  good: layer7('proxy_send_timeout 60s;'),
  check: ({ nginx: { proxies } }) =>
    proxies
      .filter(({ kind }) => kind === 'http')
      .flatMap((proxy) => below(proxy, 'proxy_send_timeout', '60s', 30)),
};

export const nginxStreamTimeout: Rule = {
  id: 'nginx-stream-timeout',
  severity: 'error',
  title: 'nginx cuts connections on which nothing moves',
  why: 'On layer 4 proxy_timeout (10 minutes unless told otherwise) ends a connection between two reads or writes, in the middle of a request whose answer takes that long.',
  source: NGINX.stream,
  more: 'Needed: `--longest-request`, or the longest read_timeout of the Kong Services among the files; also, clients must not keep idle connections longer.',
  fixes: 'always: it is raised to what is needed',
  bad: layer4('proxy_timeout 30s;'),
  good: layer4('proxy_timeout 600s;'),
  check: (model, settings) =>
    model.nginx.proxies
      .filter(({ kind }) => kind === 'stream')
      .flatMap((proxy) => below(proxy, 'proxy_timeout', '10m', longest(model, settings))),
};

const CONNECT_SECONDS = 10;

export const nginxConnectTimeout: Rule = {
  id: 'nginx-connect-timeout',
  severity: 'warning',
  title: 'nginx waits long for a gateway that is gone',
  why: 'proxy_connect_timeout is 60 s unless told otherwise: for so long a request hangs at a machine that is gone before the next one is tried.',
  source: NGINX.proxy,
  more: `It fires from ${CONNECT_SECONDS} s on.`,
  fixes: 'always: it becomes 2s',
  bad: layer7(),
  good: layer7('proxy_connect_timeout 2s;'),
  check: ({ nginx: { proxies } }) =>
    proxies.flatMap((proxy) => {
      const seconds = secondsOf(proxy, 'proxy_connect_timeout', 60);
      if (seconds === undefined || seconds < CONNECT_SECONDS) return [];
      const what = `${proxy.title}: ${inForce(proxy, 'proxy_connect_timeout', '60s')}`;
      return [{ what, certain: true, ...mend(proxy, 'proxy_connect_timeout', '2s') }];
    }),
};

export const nginxShutdownTimeout: Rule = {
  id: 'nginx-worker-shutdown-timeout',
  severity: 'error',
  title: 'A reload or quit of nginx cuts uploads',
  why: 'Workers that are shutting down close all their connections when worker_shutdown_timeout is over; unless it is given they wait for the last one.',
  source: NGINX.core,
  fixes: 'always: it is raised to the longest request',
  bad: layer4('', 'worker_shutdown_timeout 10s;'),
  good: layer4('', 'worker_shutdown_timeout 300s;'),
  check: (model, settings) =>
    model.nginx.files.flatMap((file): Problem[] => {
      const found = childOf(file, 'worker_shutdown_timeout');
      const seconds = nginxSeconds(firstArgument(found) ?? '');
      const needed = longest(model, settings);
      if (found === undefined || seconds === undefined || seconds === 0 || seconds >= needed)
        return [];
      return [
        {
          at: found,
          what: `worker_shutdown_timeout is ${seconds} s, but a request may take ${needed} s`,
          changes: [{ op: 'arguments', directive: found, text: `${needed}s` }],
          certain: true,
        },
      ];
    }),
};
