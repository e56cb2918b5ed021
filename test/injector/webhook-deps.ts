/** Owns a webhook's surroundings for the tests: what it reports is kept. */
import type { Refusal } from '../../injector/webhook/review';
import type { WebhookDeps } from '../../injector/webhook/server';
import { settings } from './pods';

export interface RecordedDeps extends WebhookDeps {
  readonly verdicts: string[];
  readonly refusals: Refusal[];
}

export function webhookDeps(changes: Partial<WebhookDeps> = {}): RecordedDeps {
  const verdicts: string[] = [];
  const refusals: Refusal[] = [];
  return {
    verdicts,
    refusals,
    settings: () => settings,
    denyBad: false,
    ready: () => true,
    leaving: () => false,
    observe: () => undefined,
    onVerdict: (verdict) => void verdicts.push(verdict),
    onRefusal: (refusal) => void refusals.push(refusal),
    ...changes,
  };
}
