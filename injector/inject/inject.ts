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
import { findRuntime } from './runtime';
import type { InjectionSettings } from './settings';
import {
  isGuaranteed,
  SIDECAR_NAME,
  sidecarContainer,
  type SidecarPlan,
} from './sidecar-container';

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
const PORT_ENV = 'DRAIN_PORT';
const GRACE_PATH = ['spec', 'terminationGracePeriodSeconds'];
const TARGET_PORT_PATH = ['metadata', 'annotations', TARGET_PORT];
const POD_DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const API_DEFAULT_GRACE_SECONDS = 30;
// Its --max-graceful-termination-sec by default.
const AUTOSCALER_GRACE_SECONDS = 600;

/** Injects the sidecar. `freshToken` becomes the pod's own token where it has no sidecar yet. Never throws for a bad pod. */
export function inject(pod: V1Pod, settings: InjectionSettings, freshToken: string): Injection {
  if (!asksForSidecar(pod.metadata?.annotations)) return { kind: 'not-asked' };
  try {
    const wishes = readWishes(pod.metadata?.annotations);
    const graceSeconds = Math.max(
      pod.spec?.terminationGracePeriodSeconds ?? API_DEFAULT_GRACE_SECONDS,
      wishes['grace-seconds'] ?? settings.graceSeconds,
    );
    const sidecar = presentSidecar(pod);
    if (sidecar) return followUp(pod, sidecar, wishes, graceSeconds);

    const native = settings.hasNativeSidecars && wishes.sidecar !== 'plain';
    const reasons = refusals(pod, wishes, { native, graceSeconds });
    if (reasons.length > 0) return { kind: 'refused', reasons };
    const runtime = findRuntime(pod, wishes);
    const guaranteed = isGuaranteed(pod);
    const plan = { wishes, runtime, native, graceSeconds, token: freshToken, guaranteed };
    return injected(pod, plan, settings);
  } catch (error) {
    if (error instanceof DrainError) return { kind: 'refused', reasons: [error.message] };
    throw error;
  }
}

function injected(pod: V1Pod, plan: SidecarPlan, settings: InjectionSettings): Injection {
  const { runtime, native, graceSeconds, token } = plan;
  const edit = new PodEdit(pod);
  edit.set(GRACE_PATH, graceSeconds);
  // Last, so that a mesh's native sidecar starts before it and stops after it.
  edit.append(['spec', native ? 'initContainers' : 'containers'], sidecarContainer(plan, settings));
  edit.set(TARGET_PORT_PATH, String(runtime.port));
  if (pod.metadata?.annotations?.[POD_DELETION_COST] !== undefined) {
    edit.set(['metadata', 'annotations', DELETION_COST], 'off'); // the user keeps it
  }
  return finished(edit, plan, token, runtime.warnings);
}

/**
 * After other webhooks: what they added gets its hooks, and the grace period that they raised reaches the sidecar. The
 * runtime is not looked for again: it is what the sidecar was given, whatever containers and ports have come since.
 */
function followUp(
  pod: V1Pod,
  { container, path }: PresentSidecar,
  wishes: Wishes,
  graceSeconds: number,
): Injection {
  const edit = new PodEdit(pod);
  edit.set(GRACE_PATH, graceSeconds);
  const at = container.env?.findIndex(({ name }) => name === GRACE_ENV) ?? -1;
  if (at >= 0) edit.set([...path, 'env', at, 'value'], String(graceSeconds));
  const port = envValue(container, PORT_ENV);
  if (port !== undefined) edit.set(TARGET_PORT_PATH, port);
  return finished(edit, { wishes, graceSeconds }, envValue(container, TOKEN_ENV), []);
}

function finished(
  edit: PodEdit,
  { wishes, graceSeconds }: Pick<SidecarPlan, 'wishes' | 'graceSeconds'>,
  token: string | undefined,
  runtimeWarnings: readonly string[],
): Injection {
  const hookWarnings = setHooks(edit, wishes, token);
  edit.set(['metadata', 'labels', INJECTED_LABEL], 'true');
  excludeFromMeshes(edit, wishes['sidecar-port']);
  const long = graceSeconds > AUTOSCALER_GRACE_SECONDS;
  const warnings = [
    ...runtimeWarnings,
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
    const verdict = judgeHook(container, port, token);
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

interface PresentSidecar {
  readonly container: V1Container;
  readonly path: readonly (string | number)[];
}

function presentSidecar(pod: V1Pod): PresentSidecar | undefined {
  for (const list of ['initContainers', 'containers'] as const) {
    const index = (pod.spec?.[list] ?? []).findIndex(({ name }) => name === SIDECAR_NAME);
    const container = pod.spec?.[list]?.[index];
    if (container) return { container, path: ['spec', list, index] };
  }
  return undefined;
}

function envValue(container: V1Container, name: string): string | undefined {
  return container.env?.find((variable) => variable.name === name)?.value;
}
