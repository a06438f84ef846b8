import type { EventstoreClient, ServerFilter } from '../client.ts';
import type { Cursor } from '../cursor.ts';
import type { EventFilter, Feed } from '../options.ts';
import type { OnCheckpoint, SubscriptionReader } from './subscription-reader.ts';
import { readSubscription } from './subscription-reader.ts';

/** Subscribes to what comes after the place: the server leaves out the event at it. */
export function subscribe(client: EventstoreClient, feed: Feed, from: Cursor): SubscriptionReader {
  return readSubscription((onCheckpoint) => {
    if (feed.kind === 'stream') {
      const fromRevision = from.kind === 'revision' ? from.after : 'start';
      return client.subscribeToStream(feed.stream, { fromRevision, resolveLinkTos: feed.resolveLinks });
    }
    const filter = toServerFilter(feed, onCheckpoint);
    const fromPosition = from.kind === 'position' ? from.after : 'start';
    return client.subscribeToAll({ fromPosition, resolveLinkTos: false, ...(filter && { filter }) });
  });
}

/** Whether the server leaves out events, and tells positions instead. */
export function isFiltered(feed: Feed): boolean {
  return feed.kind === 'all' && (feed.filter !== undefined || !feed.systemEvents);
}

function toServerFilter(
  feed: Extract<Feed, { readonly kind: 'all' }>,
  onCheckpoint: OnCheckpoint,
): ServerFilter | undefined {
  // The server takes one filter: with one of the user's, events of the system are left out here.
  const filter: EventFilter | undefined =
    feed.filter ?? (feed.systemEvents ? undefined : { types: { regex: '^[^$].*' } });
  if (filter === undefined) return undefined;
  const { checkpointInterval = 16, maxSearchWindow } = filter;
  const expression = filter.streams ?? filter.types;
  return {
    filterOn: filter.streams ? 'streamName' : 'eventType',
    checkpointInterval,
    ...(maxSearchWindow !== undefined && { maxSearchWindow }),
    checkpointReached: (_subscription, position) => onCheckpoint({ kind: 'position', after: position }),
    ...('regex' in expression ? expression : { prefixes: [...expression.prefixes] }),
  };
}
