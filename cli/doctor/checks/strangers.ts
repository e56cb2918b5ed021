import type { EndedDrain } from '../../../registry/pool-history';
import type { Check } from '../check';
import { lastLook } from '../pool-facts';

/** As the sidecar's timeline has them: `stranger 10.4.0.9:51234`. */
const STRANGER = /^stranger (.+):\d+$/;

export const strangers: Check = {
  id: 'strangers',
  severity: 'warning',
  title: 'Pods are reached through gateways of the registry only',
  needs: 'pools',
  find: ({ pools }) =>
    pools.flatMap((pool) => {
      const known = new Set(lastLook(pool).gateways.flatMap(({ addresses }) => addresses));
      const seen = new Set(pool.drains.flatMap(strangersOf).filter((ip) => !known.has(ip)));
      return [...seen].map((ip) => ({
        subject: `${ip}, pool ${pool.pool}`,
        message:
          'A drain had to wait for its connections: no gateway of the registry accounts for this address, so new requests may have come from it until the end.',
        fix: "If it is a gateway, name it in that plugin server's DRAIN_GATEWAY_ADDRESSES (the address Kong connects from); if it is something else, lead it through Kong, or give its Kong Service the plugin drain.",
      }));
    }),
};

function strangersOf({ timeline }: EndedDrain): string[] {
  return timeline.flatMap(({ connections }) =>
    Array.isArray(connections)
      ? connections.flatMap((one) => STRANGER.exec(String(one))?.[1] ?? [])
      : [],
  );
}
