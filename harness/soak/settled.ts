/** Owns the look at the registry once the load is over. Invariant: it only reads; a gateway without a report is no answer. */
import { openRegistry } from '../../registry/open';
import { POOL } from '../fleet-options';
import type { Fleet } from '../running-fleet';
import { waitFor } from '../wait';

const BOUND_MS = 15_000;

/** Requests in flight that the fleet's gateways still report when there are none any more: 0, or what is left after 15 s. */
export async function inFlightAtTheEnd(fleet: Fleet): Promise<number> {
  const registry = openRegistry(
    { DRAIN_REDIS_URL: fleet.redis?.url ?? '', DRAIN_ALLOWED_CIDRS: '' },
    { badRecord: () => undefined, redisError: () => undefined },
  );
  let last = NaN;
  const count = async (): Promise<number> => {
    const { gateways, counts } = await registry.overview(POOL);
    const reports = fleet.gateways.map(({ name }) => gateways.find((each) => each.name === name));
    return reports
      .map((report) =>
        report
          ? Object.values(counts.get(report.name) ?? {}).reduce((sum, held) => sum + held, 0) +
            report.unassigned
          : NaN,
      )
      .reduce((sum, held) => sum + held, 0);
  };
  try {
    await waitFor('counts of 0', async () => (last = await count()) === 0, { timeoutMs: BOUND_MS });
  } catch (error) {
    if (Number.isNaN(last)) throw error;
  } finally {
    await registry.close();
  }
  return last;
}
