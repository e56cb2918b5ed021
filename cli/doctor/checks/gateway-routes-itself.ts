import type { Check } from '../check';
import { hasLiveGateway, hasServingTarget, liveGateways } from '../pool-facts';

export const gatewayRoutesItself: Check = {
  id: 'gateway-routes-itself',
  severity: 'warning',
  title: "No gateway leaves requests to Kong's own routing",
  needs: 'pools',
  applies: hasLiveGateway,
  find: ({ pools }) =>
    // A pool without targets is told as that.
    pools.filter(hasServingTarget).flatMap((pool) => {
      const always = (id: string) =>
        pool.looks.every((look) =>
          liveGateways(look).some((gateway) => gateway.id === id && gateway.unassigned > 0),
        );
      const ids = new Set(pool.looks.flatMap((look) => look.gateways.map(({ id }) => id)));
      return [...ids].filter(always).map((id) => ({
        subject: `gateway ${id}, pool ${pool.pool}`,
        message:
          "It goes on leaving requests to Kong's own routing; they may be at any pod, and each drain must look for them on its sockets.",
        fix: 'Too few targets serve (panic_below), or the shared dictionary is full: see drain_kong_events_total of its plugin server, and give the dictionary more than 1 MB.',
      }));
    }),
};
