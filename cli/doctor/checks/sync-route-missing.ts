import type { Check } from '../check';

export const syncRouteMissing: Check = {
  id: 'sync-route-missing',
  severity: 'error',
  title: 'Kong has the sync route, with both plugins',
  needs: 'kongs',
  find: ({ kongs }) =>
    kongs
      .filter(({ status, proxied }) => proxied || status === 404 || status === 503)
      .map(({ url, status, proxied }) => ({
        subject: url,
        message:
          proxied || status === 404
            ? 'There is no sync route here, so the plugin server cannot hand over what changes, and no drain is acknowledged.'
            : 'The sync route lacks one of its plugins, drain-registry or drain, or its plugin server is not up.',
        fix: 'Add the route drain-sync of kong.yml: paths [/.drain/sync], no Service, plugins drain-registry and drain; then reload Kong.',
      })),
};
