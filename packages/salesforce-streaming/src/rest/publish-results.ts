import type { MillraceError } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import { salesforceError } from '../errors.ts';

/** An event that Salesforce has taken, to publish it soon. */
export interface Published {
  /** The `EventUuid` that subscribers get with the event. Standard-volume events of old have none. */
  readonly eventUuid: string | undefined;
}

/** What became of one event of many. */
export type PublishResult =
  | ({ readonly ok: true } & Published)
  | { readonly ok: false; readonly error: MillraceError };

/** Some events were not published. `results` tells what became of each, in the order of the events. */
export type PublishManyError = MillraceError<'SALESFORCE_PUBLISH_FAILED'> & {
  readonly results: readonly PublishResult[];
};

export function isPublishManyError(error: unknown): error is PublishManyError {
  return isMillraceError(error, 'SALESFORCE_PUBLISH_FAILED') && 'results' in error;
}

/** Throws PublishManyError unless all are published. */
export function assertAllPublished(results: readonly PublishResult[]): readonly Published[] {
  const failures = results.flatMap((result) => (result.ok ? [] : [result.error]));
  const [first, ...others] = failures;
  if (first === undefined) {
    return results.flatMap((result) => (result.ok ? [{ eventUuid: result.eventUuid }] : []));
  }
  const more = others.length > 0 ? ` The first: ${first.message}` : ` ${first.message}`;
  const text = `${failures.length} of ${results.length} events were not published; \`results\` tells which.${more}`;
  throw Object.assign(salesforceError('SALESFORCE_PUBLISH_FAILED', text, first), { results });
}

/** Says "not published" also where nobody can know: the reason then tells. */
export function notPublished(type: string, cause: unknown): PublishResult {
  const reason = isMillraceError(cause)
    ? cause.message.replace(/\.$/, '')
    : 'it was aborted or broke off (see the cause), so it may have been published or not';
  const text = `An event ${type} was not published: ${reason}.`;
  return { ok: false, error: salesforceError('SALESFORCE_PUBLISH_FAILED', text, cause) };
}
