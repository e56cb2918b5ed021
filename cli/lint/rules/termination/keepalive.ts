import type { Rule } from '../../rule';
import { runtimeKeepalive } from '../../settings';
import { SEEN } from '../../sources-of-facts';
import { documents, hook, kong, runtime } from '../examples';
import { gateways, mainContainer, runtimes } from '../workloads';
import { ANNOTATIONS } from '../../annotations';

/** Kong's upstream_keepalive_idle_timeout unless told otherwise, in seconds. */
const KONG_IDLE_SECONDS = 60;
const VARIABLE = 'KONG_UPSTREAM_KEEPALIVE_IDLE_TIMEOUT';

const files = (metadata: string) => ({
  'rt.yaml': documents(runtime({ metadata, container: hook }), serviceOfRt),
  'kong.yml': kong('', '', 'rt.default.svc'),
});

const serviceOfRt = `apiVersion: v1
kind: Service
metadata: { name: rt }
spec: { selector: { app: rt }, ports: [{ port: 8080 }] }
`;

export const keepaliveOrder: Rule = {
  id: 'keepalive-order',
  severity: 'error',
  title: 'Kong keeps idle connections longer than the runtime',
  why: 'A POST on a kept-alive connection that the runtime closes at that moment is a 502, since nginx does not repeat it; so the side that reuses connections must let go first.',
  source: SEEN.kong,
  more: `Kong's time is \`${VARIABLE}\` of a gateway among the files, else its default of 60 s; 0 means that it never lets go. The runtime's is \`--runtime-keepalive\` (Node.js: 5 s unless told otherwise), or its annotation. It fires only where Kong is among the files.`,
  bad: files(''),
  good: files(`annotations: { ${ANNOTATIONS.keepalive.name}: '75' }`),
  check: (model, settings) => {
    const found = gateways(model).map(({ workload, kong: container }) => {
      const env = container.env.get(VARIABLE);
      return { workload, env, seconds: Number(env?.value ?? KONG_IDLE_SECONDS) };
    });
    if (found.length === 0 && model.kong.services.length === 0) return [];
    const [slowest] = [...found].sort((a, b) => idle(b.seconds) - idle(a.seconds));
    const seconds = slowest?.seconds ?? KONG_IDLE_SECONDS;
    return runtimes(model).flatMap((workload) => {
      const keeps = runtimeKeepalive(workload, settings);
      const container = mainContainer(workload);
      if (container === undefined || idle(seconds) < keeps) return [];
      const forHowLong = seconds === 0 ? 'for ever' : `${seconds} s`;
      return [
        {
          at: container.at,
          what: `${workload.title}: keeps an idle connection for ${keeps} s, Kong for ${forHowLong}`,
          snippet: `# in the runtime, above Kong's ${forHowLong}: server.keepAliveTimeout = ${1000 * (Math.min(idle(seconds), 3600) + 15)}\nmetadata:\n  annotations:\n    ${ANNOTATIONS.keepalive.name}: '${Math.min(idle(seconds), 3600) + 15}'`,
        },
      ];
    });
  },
};

const idle = (seconds: number): number => (seconds === 0 ? Number.POSITIVE_INFINITY : seconds);
