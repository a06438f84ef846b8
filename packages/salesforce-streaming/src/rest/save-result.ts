import { hiding } from '../auth/secrets.ts';
import { isObject, textOf } from './json.ts';
import type { Prepared } from './outgoing-event.ts';
import { valuesOf } from './outgoing-event.ts';
import type { PublishResult } from './publish-results.ts';
import { notPublished } from './publish-results.ts';
import { statedFailure } from './rest-failure.ts';

/** Whether the value is what Salesforce says of one saved record. */
export function isSaveResult(value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && typeof value.success === 'boolean';
}

/**
 * `success` means taken into a queue; what stands among the errors then, under OPERATION_ENQUEUED, is the event's
 * UUID. Platform Events Developer Guide, "Publish Event Messages with Salesforce APIs".
 */
export function readSaveResult(result: Readonly<Record<string, unknown>>, event: Prepared): PublishResult {
  const errors = Array.isArray(result.errors) ? result.errors.filter(isObject) : [];
  if (result.success === true) {
    const enqueued = errors.find(({ statusCode }) => statusCode === 'OPERATION_ENQUEUED');
    return { ok: true, eventUuid: textOf(enqueued?.message) };
  }
  const [first] = errors;
  const stated = {
    code: textOf(first?.statusCode) ?? 'no reason given',
    message: textOf(first?.message) ?? '',
  };
  const asked = { what: 'Salesforce refuses it', hide: hiding(valuesOf(event)) };
  return notPublished(event.type, statedFailure(asked, stated));
}
