import type { Check, Clock } from '@millrace/core';
import type { EventstoreClient } from '../client.ts';
import { withDeadline } from '../connect/deadline.ts';
import { failureOf } from '../failure.ts';
import type { CatchUpSettings } from '../options.ts';
import { readLast } from './head.ts';

/** Can it be read, and is it there? A stream that is not yet is one that may come. */
export async function checkFeed(
  client: EventstoreClient,
  { feed, channel, watchdog }: CatchUpSettings,
  clock: Clock,
): Promise<Check> {
  const name = `read ${channel}`;
  try {
    await withDeadline(clock, watchdog.confirm, drain(readLast(client, feed)));
    return { name, ok: true };
  } catch (cause) {
    const { error } = failureOf(cause);
    const failed = { name, ok: false, code: error.code };
    if (error.code !== 'EVENTSTORE_STREAM_MISSING') return { ...failed, problem: error.message };
    return {
      ...failed,
      fatal: false,
      problem: `There is no stream "${channel}" so far.`,
      remedy: channel.startsWith('$')
        ? 'It is made by a projection of the database: run it with --run-projections=System --start-standard-projections=true, and mind the letters of the name.'
        : 'Events are handled as soon as it is there. Mind the letters of the name.',
    };
  }
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  while (!(await iterator.next()).done);
}
