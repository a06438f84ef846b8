import type { EventstoreClient, ResolvedEvent } from '../client.ts';
import type { Cursor } from '../cursor.ts';
import { failureOf } from '../failure.ts';
import type { Feed } from '../options.ts';
import { kindOf, placeOf } from './place.ts';

/** The place of the last event; `start` where there is none. */
export async function readHead(client: EventstoreClient, feed: Feed): Promise<Cursor> {
  let head: Cursor = { kind: kindOf(feed), after: 'start' };
  try {
    // Read to the end, though there is one event at most: a read that is left early stays open at the server.
    for await (const event of readLast(client, feed)) head = placeOf(feed, event) ?? head;
  } catch (error) {
    if (failureOf(error).error.code !== 'EVENTSTORE_STREAM_MISSING') throw error;
  }
  return head;
}

/** Links are not followed: they have the revisions that count. */
export function readLast(client: EventstoreClient, feed: Feed): AsyncIterable<ResolvedEvent> {
  if (feed.kind === 'all') {
    return client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 });
  }
  return client.readStream(feed.stream, { direction: 'backwards', fromRevision: 'end', maxCount: 1 });
}
