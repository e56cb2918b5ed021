/**
 * Owns the console's orders: drain and undrain of one target. Invariants: as `kong-drain drain`: the pod that was seen is
 * named, and the last serving target of a pool is drained only by force; who ordered what is told, whatever came of it.
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
import { brokenOff, unseen, type Refusal } from './order-failures';

const shape = z.strictObject({
  act: z.enum(['drain', 'undrain']),
  pool: z.string(),
  target: z.string(),
  /** The pod that the page showed, by its name in the registry. */
  podId: z.string().optional(),
  force: z.boolean().default(false),
});
type Asked = z.infer<typeof shape>;

/** An order that was given, and what came of it. */
export interface OrderNote extends Asked {
  readonly outcome: string;
  readonly remote: string | undefined;
  readonly forwardedFor: string | undefined;
}

export interface OrderOptions {
  readonly token: string;
  /** The pools that the console shows; all that there are if empty. */
  readonly pools: readonly string[];
  readonly log: (note: OrderNote) => void;
}

/** Routes that exist only where there is a token. */
export function orderRoutes(registry: RedisRegistry, options: OrderOptions): Router {
  const routes = Router();
  routes.use(['/token', '/orders'], onlyToken(options.token));
  routes.post('/token', (_request, response) => void response.status(204).end());
  routes.post('/orders', express.json({ limit: '4kb' }), async (request, response) => {
    await take(registry, options, request, response);
  });
  return routes;
}

async function take(
  registry: RedisRegistry,
  { pools, log }: OrderOptions,
  request: Request,
  response: Response,
): Promise<void> {
  const asked = shape.safeParse(request.body);
  if (!asked.success) {
    refuse(response, 400, { code: 'BAD_ORDER', message: z.prettifyError(asked.error) });
    return;
  }
  const isShown = pools.length === 0 || pools.includes(asked.data.pool);
  const done = isShown
    ? await carryOut(registry, asked.data)
    : { status: 403, problem: otherPool(pools) };
  log({
    ...asked.data,
    outcome: typeof done === 'string' ? done : done.problem.code,
    remote: request.socket.remoteAddress,
    forwardedFor: request.get('x-forwarded-for'),
  });
  if (typeof done === 'string') response.json({ result: done });
  else refuse(response, done.status, done.problem);
}

async function carryOut(registry: RedisRegistry, asked: Asked): Promise<Result | Refusal> {
  const { act, pool, target, podId, force } = asked;
  const seen = await registry.overview(pool).catch(registryError);
  if (seen instanceof DrainError) return unseen(seen);
  const status = poolStatus(seen);
  const chosen = pick([status], { target }).filter((one) => one.target.podId === podId);
  const [one] = chosen;
  if (!one) return { status: 409, problem: PROBLEMS.gone };
  if (act === 'drain' && !force && emptiedPools([status], chosen).length > 0) {
    return { status: 409, problem: lastServing(pool) };
  }
  const result = await order(registry, one, act).catch(registryError);
  if (result instanceof DrainError) return brokenOff(result);
  const problem = PROBLEMS[result as keyof typeof PROBLEMS] as Problem | undefined;
  return problem ? { status: 409, problem } : result;
}

function registryError(error: unknown): DrainError {
  if (error instanceof DrainError) return error;
  throw error;
}

function otherPool(pools: readonly string[]): Problem {
  const message = `this console shows and takes orders for ${pools.join(', ')} alone, as --pool says`;
  return { code: 'OTHER_POOL', message };
}

function lastServing(pool: string): Problem {
  return {
    code: 'LAST_SERVING',
    message: `pool ${pool} would be left without a serving target, and its requests to Kong's own routing, which may reach pods that drain. Scale up first, or drain it all the same`,
  };
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
