import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';

/** Of an event that is genuine and can't be read. */
export function failureOf(problem: string, cause?: unknown): HttpPubsubError {
  return httpPubsubError('PUBSUB_PAYLOAD', `The payload of a webhook can't be read: ${problem}.`, cause);
}
