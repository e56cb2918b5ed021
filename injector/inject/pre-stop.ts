/**
 * Owns the preStop hook that blocks until the target is released, and what becomes of hooks that are there.
 * Facts (seen on Kubernetes 1.33): httpGet hooks have no client timeout, default to the pod IP, and count against the
 * grace period; their HTTP status is ignored.
 */
import type { V1Container, V1Lifecycle, V1LifecycleHandler } from '@kubernetes/client-node';

export const TOKEN_HEADER = 'x-drain-token';
const DRAIN_PATH = '/drain';

export type HookVerdict = 'none' | 'sleeps' | 'drains' | 'other';

/** The hook that calls the sidecar. */
export function drainHook(sidecarPort: number, token: string | undefined): V1LifecycleHandler {
  return {
    httpGet: {
      path: DRAIN_PATH,
      port: sidecarPort,
      scheme: 'HTTP',
      ...(token === undefined ? {} : { httpHeaders: [{ name: TOKEN_HEADER, value: token }] }),
    },
  };
}

/** Whether the hook carries the token; a hook written by hand cannot know it. */
export function carriesToken(lifecycle: V1Lifecycle | undefined, token: string): boolean {
  return (
    lifecycle?.preStop?.httpGet?.httpHeaders?.some(
      ({ name, value }) => name.toLowerCase() === TOKEN_HEADER && value === token,
    ) ?? false
  );
}

/** What a container's preStop hook does: only sleep, call the sidecar, or something of its own. */
export function judgeHook(
  { name, lifecycle }: Pick<V1Container, 'name' | 'lifecycle'>,
  sidecarPort: number,
  token: string | undefined,
): HookVerdict {
  const hook = lifecycle?.preStop;
  if (!hook || Object.values(hook).every((action) => action === undefined)) return 'none';
  const { path, port } = hook.httpGet ?? {};
  if (path === DRAIN_PATH && Number(port) === sidecarPort) return 'drains';
  // Only a hook of ours carries the token.
  const carries = token !== undefined && carriesToken(lifecycle, token);
  if (carries && path === istioPath(name)) return 'drains';
  if (hook.sleep || onlySleeps(hook.exec?.command ?? [])) return 'sleeps';
  return 'other';
}

/**
 * Istio 1.25 and newer put such a path in place of an httpGet hook's; their agent calls the hook for the kubelet, with its
 * headers and without a timeout (pkg/kube/inject/app_probe.go, pilot/cmd/pilot-agent/status/server.go of 1.30).
 */
function istioPath(container: string): string {
  return `/app-lifecycle/${container}/prestopz`;
}

const DURATION = String.raw`\d+(\.\d+)?[smhd]?`;
const SHELL = /^(\/(usr\/)?bin\/)?(ba|da|a|z)?sh$/;
const SLEEP = /^(\/(usr\/)?bin\/)?sleep$/;
const SLEEP_LINE = new RegExp(
  String.raw`^\s*(exec\s+)?(/(usr/)?bin/)?sleep\s+${DURATION}\s*(;\s*)?$`,
);

function onlySleeps(command: readonly string[]): boolean {
  const [program = '', ...args] = command;
  if (SLEEP.test(program)) return args.every((arg) => new RegExp(`^${DURATION}$`).test(arg));
  const line = args.at(-1) ?? '';
  const flags = args.slice(0, -1);
  return SHELL.test(program) && flags.some((flag) => /^-\w*c$/.test(flag)) && SLEEP_LINE.test(line);
}
