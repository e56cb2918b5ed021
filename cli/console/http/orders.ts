/**
 * Owns the console's orders: drain and undrain of one target. Invariant: as `kong-drain drain`: the pod that was seen is
 * named, and the last serving target of a pool is drained only by force.
 */
import express, { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { DrainError } from '../../../core/errors';
import type { RedisRegistry } from '../../../registry/redis-registry';
import { order, type Result } from '../../drain/order';
import { emptiedPools, pick } from '../../drain/pick';
import { poolStatus } from '../../status/pool-status';
import type { Problem } from '../page/wire';
import { onlyToken, refuse } from './guard';

const shape = z.strictObject({
  act: z.enum(['drain', 'undrain']),
  pool: z.string(),
  target: z.string(),
  /** The pod that the page showed, by its name in the registry. */
  podId: z.string().optional(),
  force: z.boolean().default(false),
});
type Asked = z.infer<typeof shape>;

/** Routes that exist only where there is a token. */
export function orderRoutes(registry: RedisRegistry, token: string): Router {
  const routes = Router();
  routes.use(['/token', '/orders'], onlyToken(token));
  routes.post('/token', (_request, response) => void response.status(204).end());
  routes.post('/orders', express.json({ limit: '4kb' }), async (request, response) => {
    await take(registry, request, response);
  });
  return routes;
}

async function take(registry: RedisRegistry, request: Request, response: Response): Promise<void> {
  const asked = shape.safeParse(request.body);
  if (!asked.success) {
    refuse(response, 400, { code: 'BAD_ORDER', message: z.prettifyError(asked.error) });
    return;
  }
  try {
    const done = await carryOut(registry, asked.data);
    if (typeof done === 'string') response.json({ result: done });
    else refuse(response, 409, done);
  } catch (error) {
    if (!(error instanceof DrainError)) throw error;
    refuse(response, 503, {
      code: error.code,
      message: `${error.message}. Nothing was ordered; try again when the registry answers`,
    });
  }
}

async function carryOut(
  registry: RedisRegistry,
  { act, pool, target, podId, force }: Asked,
): Promise<Result | Problem> {
  const status = poolStatus(await registry.overview(pool));
  const chosen = pick([status], { target }).filter((one) => one.target.podId === podId);
  const [one] = chosen;
  if (!one) return PROBLEMS.gone;
  if (act === 'drain' && !force && emptiedPools([status], chosen).length > 0) {
    return {
      code: 'LAST_SERVING',
      message: `pool ${pool} would be left without a serving target, and its requests to Kong's own routing, which may reach pods that drain. Scale up first, or drain it all the same`,
    };
  }
  const result = await order(registry, one, act);
  return PROBLEMS[result as keyof typeof PROBLEMS] ?? result;
}

const PROBLEMS = {
  gone: { code: 'GONE', message: 'this target is gone, or another pod has its address by now' },
  'without a name': {
    code: 'UNNAMED',
    message:
      'a target without a name takes no order, which could hit another pod on its address later: give its sidecar POD_NAME (downward API, metadata.name)',
  },
  'drains by its hook': {
    code: 'BY_ITSELF',
    message:
      'what the hook or SIGTERM began cannot be taken back: that pod is being deleted. The order, if there was one, is',
  },
} as const satisfies Partial<Record<Result, Problem>>;
