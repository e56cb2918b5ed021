import { span } from '../../output/span';
import type { Check } from '../check';

/** Kong's upstream_keepalive_idle_timeout (Kong configuration reference). */
const KONG_IDLE_MS = 60_000;

export const keepaliveOrder: Check = {
  id: 'keepalive-order',
  severity: 'error',
  title: 'Runtimes keep idle connections longer than Kong does',
  needs: 'runtimes',
  find: ({ runtimes }) =>
    runtimes.flatMap(({ url, failure, saidKeepAliveMs, closedAfterMs }) => {
      const keptMs = Math.min(saidKeepAliveMs ?? Infinity, closedAfterMs ?? Infinity);
      if (failure !== undefined) {
        const fix = "Give --runtime the runtime's own address, such as http://POD:8080/health.";
        return [{ subject: url, message: `No answer: ${failure}.`, fix }];
      }
      if (keptMs > KONG_IDLE_MS) return [];
      return [
        {
          subject: url,
          message: `It closes idle connections after ${span(keptMs)}, Kong keeps them for 60 s: a POST that goes out just then is a 502.`,
          fix: 'Make it longer than 60 s (Node.js: server.keepAliveTimeout = 75_000), or Kong’s shorter: KONG_UPSTREAM_KEEPALIVE_IDLE_TIMEOUT.',
        },
      ];
    }),
};
