import type { Incoming } from '@millrace/core';
import type { ResolvedEvent } from '../client.ts';
import type { Cursor } from '../cursor.ts';
import { formatCursor } from '../cursor.ts';
import { ReceivedEvent } from '../events/received-event.ts';
import type { CatchUpSettings } from '../options.ts';
import { placeOf } from './place.ts';

export interface Admitted {
  readonly incoming: readonly Incoming[];
  /** The place of the last record, handled or not. */
  readonly place: Cursor | undefined;
  /** Records after the last event in `incoming` were left out. */
  readonly leftOutLast: boolean;
  /** Links to events that are no more. */
  readonly deletedLinks: number;
}

/** What of the records core is to handle: not links to deleted events, and events of the system only where they are wanted. */
export function admit(settings: CatchUpSettings, records: readonly ResolvedEvent[]): Admitted {
  const incoming: Incoming[] = [];
  let place: Cursor | undefined;
  let leftOutLast = false;
  let deletedLinks = 0;
  for (const record of records) {
    const own = placeOf(settings.feed, record);
    place = own ?? place;
    const event = toIncoming(settings, record, own);
    if (event) incoming.push(event);
    if (record.event === undefined) deletedLinks += 1;
    leftOutLast = event === undefined;
  }
  return { incoming, place, leftOutLast, deletedLinks };
}

function toIncoming(
  settings: CatchUpSettings,
  record: ResolvedEvent,
  place: Cursor | undefined,
): Incoming | undefined {
  const { feed, mode, channel, order } = settings;
  const { event } = record;
  if (event === undefined) return undefined;
  const ofSystem = event.type.startsWith('$') || event.streamId.startsWith('$');
  if (feed.kind === 'all' && !feed.systemEvents && ofSystem) return undefined;
  const position = mode === 'live' || place === undefined ? undefined : formatCursor(place);
  return new ReceivedEvent(record, event, { channel, position, order });
}
