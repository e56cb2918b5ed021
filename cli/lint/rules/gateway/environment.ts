import { append, set } from '../../fix/change';
import type { Container, Model } from '../../model';
import type { Problem, Rule } from '../../rule';
import { KONG, SEEN } from '../../sources-of-facts';
import { nginxBytes } from '../../nginx/units';
import { gateway, kong, rtFile } from '../examples';
import { gateways } from '../workloads';

const ours = 'plugins:\n  - name: drain\n    config: { pool: rt }';

const env = (lines: string): string =>
  gateway({ container: `env:\n  ${lines.replace(/\n/g, '\n  ')}` });

const together = (lines: string) => ({ 'gateway.yaml': env(lines), 'kong.yml': kong(ours) });

/** True if the gateways among the files are meant to have our plugins. */
function usesDrain({ kong: { plugins } }: Model): boolean {
  return plugins.some(({ name }) => name === 'drain' || name === 'drain-registry');
}

/** Gateways that take their settings from variables at all. */
function drained(model: Model) {
  return usesDrain(model) ? gateways(model) : [];
}

function setting(container: Container, name: string, value: string) {
  const found = container.env.get(name);
  return {
    at: found?.at ?? container.at.at('env'),
    changes: [
      found === undefined ? append(container.at.at('env'), { name, value }) : set(found.at, value),
    ],
  };
}

/** A value from a Secret or ConfigMap is not known here. */
function isElsewhere({ at, env: variables }: Container, name: string): boolean {
  return (
    at.at('envFrom').present || (variables.has(name) && variables.get(name)?.value === undefined)
  );
}

export const gatewayPluginsOff: Rule = {
  id: 'gateway-plugins-off',
  severity: 'error',
  title: 'Kong does not load our plugins',
  why: 'Kong loads the plugins that KONG_PLUGINS lists, and does not start with a configuration that names another.',
  source: KONG.configuration,
  more: 'It fires only where a Kong file with our plugins is among the inputs.',
  fixes: 'always: the missing names are added',
  bad: together('- { name: KONG_PLUGINS, value: bundled }'),
  good: together("- { name: KONG_PLUGINS, value: 'bundled,drain,drain-registry' }"),
  check: (model) =>
    drained(model).flatMap(({ workload, kong: container }): Problem[] => {
      if (isElsewhere(container, 'KONG_PLUGINS')) return [];
      const value = container.env.get('KONG_PLUGINS')?.value ?? 'bundled';
      const names = value.split(',').map((name) => name.trim());
      const missing = ['drain', 'drain-registry'].filter((name) => !names.includes(name));
      if (missing.length === 0) return [];
      const what = `${workload.title}: KONG_PLUGINS lacks ${missing.join(' and ')}`;
      return [
        {
          what,
          certain: true,
          ...setting(container, 'KONG_PLUGINS', [...names, ...missing].join(',')),
        },
      ];
    }),
};

const DICT = 'KONG_NGINX_HTTP_LUA_SHARED_DICT';

export const gatewaySharedDict: Rule = {
  id: 'gateway-shared-dict-missing',
  severity: 'error',
  title: 'Kong has no shared dictionary for the plugin `drain`',
  why: 'The plugin keeps its views and counts in the shared dictionary `drain`, which all workers of Kong see.',
  source: SEEN.ours,
  more: 'It fires only where a Kong file with our plugins is among the inputs.',
  fixes: 'where the variable is not given yet',
  bad: together("- { name: KONG_PLUGINS, value: 'bundled,drain,drain-registry' }"),
  good: together(`- { name: ${DICT}, value: drain 1m }`),
  check: (model) =>
    drained(model).flatMap(({ workload, kong: container }): Problem[] => {
      const value = container.env.get(DICT)?.value;
      if (isElsewhere(container, DICT) || /(^|\s)drain\s+\d/.test(value ?? '')) return [];
      const what = `${workload.title}: ${DICT} has no dictionary drain`;
      const wanted = value === undefined ? 'drain 1m' : `${value}; lua_shared_dict drain 1m`;
      return [{ what, certain: value === undefined, ...setting(container, DICT, wanted) }];
    }),
};

const BODY = ['KONG_NGINX_HTTP_CLIENT_MAX_BODY_SIZE', 'KONG_NGINX_PROXY_CLIENT_MAX_BODY_SIZE'];

export const gatewayBodyLimit: Rule = {
  id: 'gateway-body-limit',
  severity: 'error',
  title: "Kong's nginx refuses bodies as large as the uploads",
  why: "client_max_body_size answers 413 to a larger body; 0, which is Kong's default, allows any.",
  source: KONG.configuration,
  more: 'Uploads are as large as `--upload-mb` says (50).',
  fixes: 'always: it becomes 0',
  bad: rtFile(env('- { name: KONG_NGINX_PROXY_CLIENT_MAX_BODY_SIZE, value: 8m }')),
  good: rtFile(env("- { name: KONG_NGINX_PROXY_CLIENT_MAX_BODY_SIZE, value: '0' }")),
  check: (model, settings) =>
    gateways(model).flatMap(({ workload, kong: container }) =>
      BODY.flatMap((name) => {
        const found = container.env.get(name);
        const bytes = nginxBytes(found?.value ?? '0') ?? 0;
        if (found === undefined || bytes === 0 || bytes >= settings.uploadMb * 1_000_000) return [];
        return [
          {
            at: found.at,
            what: `${workload.title}: ${name} is ${found.value ?? ''}, uploads have ${settings.uploadMb} MB`,
            changes: [set(found.at, '0')],
            certain: true,
          },
        ];
      }),
    ),
};
