/**
 * Owns the injection: a pod as it is admitted → the JSON Patch that gives it the sidecar and the hooks.
 * Invariants: pure and idempotent (the patched pod gives an empty patch, also after API defaults and other webhooks);
 * nothing of the user's is taken away but hooks that only sleep; the grace period is never lowered.
 */
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { DrainError } from '../../core/errors';
import {
  asksForSidecar,
  DELETION_COST,
  INJECTED_LABEL,
  readWishes,
  TARGET_PORT,
  type Wishes,
} from '../annotations';
import { excludeFromMeshes } from './meshes';
import { PodEdit, type PatchOperation } from './pod-edit';
import { carriesToken, drainHook, judgeHook, TOKEN_HEADER } from './pre-stop';
import { refusals } from './refusals';
import { findRuntime, type Runtime } from './runtime';
import type { InjectionSettings } from './settings';
import { isGuaranteed, SIDECAR_NAME, sidecarContainer } from './sidecar-container';

export type Injection =
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] }
  | {
      readonly kind: 'injected';
      readonly patch: readonly PatchOperation[];
      readonly warnings: readonly string[];
    };

const TOKEN_ENV = 'DRAIN_HOOK_TOKEN';
const GRACE_ENV = 'DRAIN_GRACE_SECONDS';
const POD_DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const API_DEFAULT_GRACE_SECONDS = 30;
// Its --max-graceful-termination-sec by default.
const AUTOSCALER_GRACE_SECONDS = 600;

/** Injects the sidecar. `freshToken` becomes the pod's own token where it has no sidecar yet. Never throws for a bad pod. */
export function inject(pod: V1Pod, settings: InjectionSettings, freshToken: string): Injection {
  if (!asksForSidecar(pod.metadata?.annotations)) return { kind: 'not-asked' };
  try {
    const wishes = readWishes(pod.metadata?.annotations);
    const native = settings.hasNativeSidecars && wishes.sidecar !== 'plain';
    const reasons = refusals(pod, wishes, native);
    if (reasons.length > 0) return { kind: 'refused', reasons };
    const runtime = findRuntime(pod, wishes);
    return injected(pod, { wishes, native, runtime, settings, freshToken });
  } catch (error) {
    if (error instanceof DrainError) return { kind: 'refused', reasons: [error.message] };
    throw error;
  }
}

interface Injecting {
  readonly wishes: Wishes;
  readonly native: boolean;
  readonly runtime: Runtime;
  readonly settings: InjectionSettings;
  readonly freshToken: string;
}

function injected(pod: V1Pod, injecting: Injecting): Injection {
  const { wishes, native, runtime, settings, freshToken } = injecting;
  const edit = new PodEdit(pod);
  const graceSeconds = Math.max(
    pod.spec?.terminationGracePeriodSeconds ?? API_DEFAULT_GRACE_SECONDS,
    wishes['grace-seconds'] ?? settings.graceSeconds,
  );
  edit.set(['spec', 'terminationGracePeriodSeconds'], graceSeconds);

  const present = presentSidecar(pod);
  const token = present ? envValue(present.container, TOKEN_ENV) : freshToken;
  if (present) {
    // Another webhook may have raised the grace period since.
    const at = present.container.env?.findIndex(({ name }) => name === GRACE_ENV) ?? -1;
    if (at >= 0) edit.set([...present.path, 'env', at, 'value'], String(graceSeconds));
  } else {
    const guaranteed = isGuaranteed(pod);
    const plan = { wishes, runtime, native, graceSeconds, token: freshToken, guaranteed };
    // Last, so that a mesh's native sidecar starts before it and stops after it.
    const list = native ? 'initContainers' : 'containers';
    edit.append(['spec', list], sidecarContainer(plan, settings));
  }

  const hookWarnings = setHooks(edit, wishes, token);
  edit.set(['metadata', 'labels', INJECTED_LABEL], 'true');
  edit.set(['metadata', 'annotations', TARGET_PORT], String(runtime.port));
  if (!present && pod.metadata?.annotations?.[POD_DELETION_COST] !== undefined) {
    edit.set(['metadata', 'annotations', DELETION_COST], 'off'); // the user keeps it
  }
  excludeFromMeshes(edit, wishes['sidecar-port']);

  const long = graceSeconds > AUTOSCALER_GRACE_SECONDS;
  const warnings = [
    ...runtime.warnings,
    ...hookWarnings,
    ...(long
      ? [`cluster autoscalers cut pods after ${AUTOSCALER_GRACE_SECONDS} s, not ${graceSeconds}`]
      : []),
  ];
  return { kind: 'injected', patch: edit.operations, warnings };
}

/** Puts the hook on each ordinary container that has none of its own. Returns what the user must know. */
function setHooks(edit: PodEdit, wishes: Wishes, token: string | undefined): string[] {
  const port = wishes['sidecar-port'];
  const chosen = wishes['hook-containers'];
  return (edit.pod.spec?.containers ?? []).flatMap((container, index) => {
    const { name, lifecycle } = container;
    const isPlainSidecar = name === SIDECAR_NAME;
    if (chosen && !chosen.includes(name) && !isPlainSidecar) return [];
    const verdict = judgeHook(lifecycle, port);
    const at = ['spec', 'containers', index] as const;
    if (verdict === 'other') {
      keepHook(edit, container, index, token);
      return [
        `container "${name}" keeps its preStop hook: let it first wait for GET http://127.0.0.1:${port}/drain with header ${TOKEN_HEADER}: $${TOKEN_ENV}`,
      ];
    }
    if (verdict === 'drains' && (token === undefined || carriesToken(lifecycle, token))) return [];
    edit.set([...at, 'lifecycle', 'preStop'], drainHook(port, token));
    return verdict === 'sleeps'
      ? [`container "${name}": its preStop sleep is replaced by the drain`]
      : [];
  });
}

/** A hook of the user's own can call the sidecar only with the token. */
function keepHook(
  edit: PodEdit,
  container: V1Container,
  index: number,
  token: string | undefined,
): void {
  const has = container.env?.some(({ name }) => name === TOKEN_ENV) ?? false;
  if (token === undefined || has) return;
  edit.append(['spec', 'containers', index, 'env'], { name: TOKEN_ENV, value: token });
}

function presentSidecar(pod: V1Pod) {
  for (const list of ['initContainers', 'containers'] as const) {
    const index = (pod.spec?.[list] ?? []).findIndex(({ name }) => name === SIDECAR_NAME);
    const container = pod.spec?.[list]?.[index];
    if (container) return { container, path: ['spec', list, index] as const };
  }
  return undefined;
}

function envValue(container: V1Container, name: string): string | undefined {
  return container.env?.find((variable) => variable.name === name)?.value;
}
