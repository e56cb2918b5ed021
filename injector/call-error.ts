/** Owns how a failed call to the Kubernetes API is told: one line, without the response's headers. */
import { ApiException } from '@kubernetes/client-node';
import { messageOf } from '../core/errors';

/** The API server's own message with its code; any other error's message. */
export function callMessage(error: unknown): string {
  if (!(error instanceof ApiException)) return messageOf(error);
  return `${error.code} ${statusMessage(error.body) ?? 'without a message'}`;
}

function statusMessage(body: unknown): string | undefined {
  try {
    const status = (typeof body === 'string' ? JSON.parse(body) : body) as { message?: unknown };
    return typeof status.message === 'string' ? status.message : undefined;
  } catch {
    return undefined;
  }
}
