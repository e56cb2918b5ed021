/** Owns the fleets of the suites. Invariant: a suite ends with every process gone, or fails. */
import { startFleet } from '../../../harness/fleet';
import type { FleetOptions } from '../../../harness/fleet-options';
import { assertNoProcessLeaks } from '../../../harness/process-groups';
import { openRoutingWatch } from '../../../harness/routing-watch';
import type { Fleet } from '../../../harness/running-fleet';

const START_MS = 90_000;

type CleanUp = () => unknown;

/** One fleet for all tests of the file. `prepare` runs once it serves; what it returns, before the fleet is stopped. */
export function sharedFleet(
  options: FleetOptions | (() => Promise<FleetOptions>),
  prepare: (fleet: Fleet) => Promise<CleanUp> | CleanUp = () => () => undefined,
): () => Fleet {
  let fleet: Fleet | undefined;
  let cleanUp: CleanUp = () => undefined;
  beforeAll(async () => {
    fleet = await startFleet(typeof options === 'function' ? await options() : options);
    cleanUp = await prepare(fleet);
  }, START_MS);
  afterAll(async () => {
    await cleanUp();
    await fleet?.stop({ keepDir: process.env.E2E_KEEP_DIR !== undefined });
    await assertNoProcessLeaks();
  }, START_MS);
  return () => {
    if (!fleet) throw new Error('the fleet did not start');
    return fleet;
  };
}

/** A fleet for one test, ended with it. */
export async function withFleet(
  options: FleetOptions,
  use: (fleet: Fleet) => Promise<void>,
): Promise<void> {
  const fleet = await startFleet(options);
  try {
    await use(fleet);
  } finally {
    await fleet.stop({ keepDir: process.env.E2E_KEEP_DIR !== undefined });
    await assertNoProcessLeaks();
  }
}

/** Until every gateway routes by the registry to every pod. */
export async function untilRouting(fleet: Fleet, redisUrl = fleet.redis!.url): Promise<void> {
  const watch = openRoutingWatch(redisUrl);
  try {
    await watch.until(
      fleet.gateways.map(({ name }) => name),
      () => fleet.pods().map(({ target }) => target),
    );
  } finally {
    await watch.close();
  }
}
