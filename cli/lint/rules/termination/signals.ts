import { set } from '../../fix/change';
import type { Problem, Rule } from '../../rule';
import { KUBERNETES } from '../../sources-of-facts';
import { rtFile, runtime } from '../examples';
import { runtimes } from '../workloads';
import { ownContainers } from '../workloads';

const SHELL = /^(\/\S*\/)?(ba|da|a)?sh$/;
const RUNNER = /^(npm|yarn|pnpm|npx)$/;

export const commandSwallowsSigterm: Rule = {
  id: 'command-swallows-sigterm',
  severity: 'warning',
  title: 'A command that does not pass SIGTERM on',
  why: 'SIGTERM goes to process 1 of the container alone; a shell without `exec`, or npm, does not hand it on reliably, so the server is killed at the end of the grace period.',
  source: KUBERNETES.podLifecycle,
  fixes: 'for a shell with one simple command: `exec` is put before it',
  bad: rtFile(runtime({ container: 'command: [sh, -c, node server.js]' })),
  good: rtFile(runtime({ container: 'command: [sh, -c, exec node server.js]' })),
  check: (model) =>
    runtimes(model).flatMap((workload) =>
      ownContainers(workload).flatMap(({ name, command, args }): Problem[] => {
        const parts = [...command.items(), ...args.items()];
        const [program = '', flag = '', script = ''] = parts.map((part) => part.text());
        const at = parts[2];
        if (RUNNER.test(program)) {
          const what = `${workload.title}: container ${name} runs ${program} as process 1`;
          return [
            { at: command.present ? command : args, what, snippet: 'command: [node, server.js]' },
          ];
        }
        if (!SHELL.test(program) || !/^-\w*c$/.test(flag) || at === undefined) return [];
        if (/(^|[\s;&|])exec\s|\btrap\b/.test(script)) return [];
        return [
          {
            at,
            what: `${workload.title}: container ${name} runs a shell as process 1, without exec`,
            changes: [set(at, `exec ${script}`)],
            certain: /^[\w./=:@ -]+$/.test(script) && !/^\w+=/.test(script),
          },
        ];
      }),
    ),
};
