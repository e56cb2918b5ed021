/** The soak, bounded: rollouts in a row while every other part fails at random times. */
import { faults } from '../../harness/soak/report';
import { soak } from '../../harness/soak/run';
import { assertNoProcessLeaks } from '../../harness/process-groups';

const SEED = Number(process.env.SOAK_SEED ?? 7);

test(`nothing is lost that the gateway alone would not have lost (SOAK_SEED=${SEED})`, async () => {
  const course: string[] = [];
  const { report } = await soak(
    {
      ...{ rollouts: 4, pods: 2, gateways: 2, seed: SEED },
      ...{ getRate: 100, postRate: 30, uploads: 2, uploadMb: 8, uploadRate: 3_000_000 },
    },
    (text) => course.push(text),
  );
  expect({ faults: faults(report), course }).toEqual({ faults: [], course });
  expect(Object.values(report.mishaps).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3);
  expect(report.drains.released + report.drains.cut).toBe(8);
  await assertNoProcessLeaks();
}, 180_000);
