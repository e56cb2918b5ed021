import type { Check } from '../check';
import { firstLook, hasLiveGateway, lastLook, liveGateways } from '../pool-facts';

export const gatewayDoesNotAck: Check = {
  id: 'gateway-does-not-ack',
  severity: 'error',
  title: 'Gateways acknowledge what changes',
  needs: 'pools',
  applies: hasLiveGateway,
  find: ({ pools }) =>
    pools
      .filter((pool) => pool.looks.length > 1)
      .flatMap((pool) => {
        const { epoch } = firstLook(pool);
        return liveGateways(lastLook(pool))
          .filter((gateway) => gateway.epoch < epoch)
          .map(({ id, epoch: acked }) => ({
            subject: `gateway ${id}, pool ${pool.pool}`,
            message: `It renews its lease, but routes by epoch ${acked}, while the pool is at ${epoch}: each drain waits for it to its deadline.`,
            fix: 'See its plugin server\'s log: "sync route" (Kong refuses the views) or "another plugin server" (two Kong nodes with one DRAIN_GATEWAY_NAME).',
          }));
      }),
};
