import { set } from '../../fix/change';
import type { Rule } from '../../rule';
import { KONG, SEEN } from '../../sources-of-facts';
import { kong, kongFile } from '../examples';

export const kongRetriesZero: Rule = {
  id: 'kong-retries-zero',
  severity: 'error',
  title: 'Kong makes no second try',
  why: "A refused connection, of which no byte was sent, may be tried anew for any method, a POST too; with retries 0 it is the client's 502 instead.",
  source: KONG.service,
  fixes: "in declarative files: it becomes 5, Kong's default",
  bad: kongFile(kong('retries: 0')),
  good: kongFile(kong('retries: 5')),
  check: ({ kong: { services } }) =>
    services
      .filter(({ retries }) => retries.value === 0)
      .map(({ title, retries, annotated }) => ({
        at: retries.at,
        what: `${title}: retries is 0`,
        changes: [set(retries.at, annotated ? '5' : 5)],
        certain: !annotated,
      })),
};

export const kongServiceIp: Rule = {
  id: 'kong-service-ip',
  severity: 'error',
  title: 'A Kong Service by IP address',
  why: 'With an IP as host Kong tries that same address again and again (retries 5: six tries, then 502), and never asks the plugin `drain` for another pod.',
  source: SEEN.kong,
  bad: kongFile(kong('', '', '10.0.12.7')),
  good: kongFile(
    kong(
      '',
      'upstreams:\n  - name: rt.upstream\n    targets:\n      - target: rt.default.svc:8080',
    ),
  ),
  check: ({ kong: { services } }) =>
    services
      .filter(({ host }) =>
        /^(\d{1,3}(\.\d{1,3}){3}|\[.*\]|[\da-f:]*:[\da-f:]+)$/i.test(host.value ?? ''),
      )
      .map(({ title, name, host, retries }) => ({
        at: host.at,
        what: `${title}: its host is the IP ${host.value ?? ''}, to which ${retries.value === 0 ? 'its only try goes' : `all ${(retries.value ?? 5) + 1} tries go`}`,
        snippet: `services:\n  - name: ${name}\n    host: ${name}.upstream\nupstreams:\n  - name: ${name}.upstream\n    targets:\n      - target: ${host.value ?? ''}:8080 # its port`,
      })),
};
