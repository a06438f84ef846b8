import type { Clock } from '@millrace/core';
import { eventstoreError } from '../errors.ts';

/** Rejects with EVENTSTORE_UNREACHABLE when the work takes longer. The work itself goes on. */
export async function withDeadline<T>(clock: Clock, milliseconds: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.setTimeout(() => {
    late.reject(
      eventstoreError('EVENTSTORE_UNREACHABLE', `The database has not answered in ${milliseconds} ms.`),
    );
  }, milliseconds);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
    // What comes after the deadline is of no interest.
    work.catch(() => {});
  }
}
