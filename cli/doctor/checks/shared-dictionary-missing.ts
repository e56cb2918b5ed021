import type { Check } from '../check';

export const sharedDictionaryMissing: Check = {
  id: 'shared-dictionary-missing',
  severity: 'error',
  title: 'Kong has the shared dictionary',
  needs: 'kongs',
  find: ({ kongs }) =>
    kongs
      .filter(({ status, body }) => status === 501 && body.includes('dictionary'))
      .map(({ url }) => ({
        subject: url,
        message:
          "Kong has no shared dictionary `drain`: the plugin does nothing, and Kong's own routing stays in charge.",
        fix: "Start Kong with KONG_NGINX_HTTP_LUA_SHARED_DICT='drain 1m' (a restart, not a reload).",
      })),
};
