import type { Check } from '../check';

/** `drain` itself answers 403 to a caller without the one-time token. */
export const syncRouteRefused: Check = {
  id: 'sync-route-refused',
  severity: 'error',
  title: 'Nothing stands in front of the sync route',
  needs: 'kongs',
  applies: ({ kongs }) =>
    kongs.some(({ proxied, status }) => !proxied && ![0, 404].includes(status)),
  find: ({ kongs }) =>
    kongs
      .filter(({ status, body, proxied }) => {
        if (proxied) return false;
        if (status === 403) return !body.includes('unknown drain token');
        return ![0, 404, 501, 503].includes(status);
      })
      .map(({ url, status, body }) => ({
        subject: url,
        message:
          status === 500
            ? 'The sync route answers 500: Kong cannot reach the plugin server (is it up, is the socket the same, may Kong open it?).'
            : `The sync route answers ${status} (${body.slice(0, 80).trim()}): another plugin, or something in front of Kong, refuses the plugin server too, and no drain is acknowledged.`,
        fix:
          status === 500
            ? 'Start the plugin server before Kong, on the socket of KONG_PLUGINSERVER_DRAIN_SOCKET; for a Kong of another user set DRAIN_SOCKET_MODE=0666.'
            : 'A global plugin (authentication, restriction) runs on this route too: give the route an instance of that plugin which lets anyone in (key-auth: `anonymous`), or enable it per Service. `enabled: false` on the route exempts nothing.',
      })),
};
