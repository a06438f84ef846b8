import type { Clock } from '@millrace/core';
import { eventstoreError } from '../errors.ts';
import type { SubscriptionReader } from './subscription-reader.ts';

/**
 * Resolves when the server has confirmed the subscription. Rejects with what ended it, or with EVENTSTORE_STALLED after
 * the time: a server with no room for one more on the connection says nothing at all.
 */
export async function whenConfirmed(
  reader: SubscriptionReader,
  clock: Clock,
  milliseconds: number,
): Promise<void> {
  const cancel = clock.setTimeout(() => {
    if (reader.confirmed) return;
    const message = `The database has not confirmed the subscription in ${milliseconds} ms. Is it frozen, or are there 100 subscriptions on the connection, which is all that a server takes by default?`;
    reader.fail(eventstoreError('EVENTSTORE_STALLED', message));
  }, milliseconds);
  try {
    while (!reader.confirmed) {
      if (reader.ended) throw reasonOf(reader.ended.error);
      await reader.changed();
    }
  } finally {
    cancel();
  }
}

/** A server that goes down ends its subscriptions without an error. */
export function reasonOf(error: unknown): unknown {
  return error ?? eventstoreError('EVENTSTORE_UNREACHABLE', 'The database has ended the subscription.');
}
