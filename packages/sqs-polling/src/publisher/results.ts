import type { MillraceError } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import { sqsError } from '../errors.ts';

/** An event that SNS or SQS has taken. */
export interface Published {
  /** The event's id, as given or as made. */
  readonly id: string;
  readonly messageId: string;
  /** FIFO only: grows within a message group. */
  readonly sequenceNumber: string | undefined;
}

/** What became of one event of many. */
export type PublishResult =
  | ({ readonly ok: true } & Published)
  /** `id` is undefined when none was given and the event was refused before it was sent. */
  | { readonly ok: false; readonly id: string | undefined; readonly error: MillraceError };

/** Some events were not published. `results` tells what became of each, in the order of the events. */
export type PublishManyError = MillraceError<'SQS_PUBLISH_FAILED'> & {
  readonly results: readonly PublishResult[];
};

export function isPublishManyError(error: unknown): error is PublishManyError {
  return isMillraceError(error, 'SQS_PUBLISH_FAILED') && 'results' in error;
}

/** Throws PublishManyError unless all are published. */
export function assertAllPublished(results: readonly PublishResult[]): readonly Published[] {
  const failures = results.flatMap((result) => (result.ok ? [] : [result.error]));
  const [first, ...others] = failures;
  if (first === undefined) return results.flatMap((result) => (result.ok ? [publishedOf(result)] : []));
  const more = others.length > 0 ? ` The first: ${first.message}` : ` ${first.message}`;
  const text = `${failures.length} of ${results.length} events were not published; \`results\` tells which.${more}`;
  throw Object.assign(sqsError('SQS_PUBLISH_FAILED', text, first), { results });
}

function publishedOf({ id, messageId, sequenceNumber }: Published): Published {
  return { id, messageId, sequenceNumber };
}
