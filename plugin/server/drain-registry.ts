/** Owns the JavaScript PDK plugin `drain-registry`: the bridge by which Kong fetches what the agent has left for it. */
import type { HandoverDesk } from './handover-desk';

/** The header by which the agent's own call shows that it is one. */
export const TOKEN_HEADER = 'x-drain-token';

/** The part of kong-pdk's `kong` that the plugin calls: one round trip to the Kong worker. */
interface Pdk {
  readonly ctx: { readonly shared: { set(key: string, value: string): Promise<void> } };
}

/** The module kong-pdk expects. `Priority`: before `drain` (−10000), so that the Lua plugin finds the handover. */
export function drainRegistryModule(desk: HandoverDesk) {
  return {
    Name: 'drain-registry',
    Version: '0.1.0',
    Priority: 900,
    Schema: [],
    Plugin: class {
      async access(kong: Pdk): Promise<void> {
        const handover = desk.current();
        if (handover !== undefined) await kong.ctx.shared.set('drain_handover', handover);
      }
    },
  };
}
