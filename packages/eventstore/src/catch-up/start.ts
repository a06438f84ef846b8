import type { Position, SourceContext } from '@millrace/core';
import type { Cursor } from '../cursor.ts';
import { formatCursor, parseCursor } from '../cursor.ts';
import type { EventstoreError } from '../errors.ts';
import { eventstoreError } from '../errors.ts';
import type { CatchUpSettings } from '../options.ts';
import { kindOf } from './place.ts';

export interface StartOptions {
  readonly settings: CatchUpSettings;
  readonly context: Pick<SourceContext, 'start' | 'gap'>;
  readonly readHead: () => Promise<Cursor>;
}

/**
 * Where to begin. "latest" becomes the place of the last event, so that a restart before the first event goes on from
 * there. Rejects with EVENTSTORE_POSITION_INVALID.
 */
export async function findStart(options: StartOptions): Promise<Cursor> {
  const { settings, context, readHead } = options;
  const kind = kindOf(settings.feed);
  if (settings.mode === 'live') return await readHead();
  const start = await context.start(settings.channel);
  if (start === 'latest') return await readHead();
  if (typeof start !== 'object' || !('after' in start)) return { kind, after: 'start' };
  const cursor = parseCursor(start.after);
  if (cursor?.kind === kind) return cursor;
  return await fallBack(options, start.after, whyUseless(settings, cursor));
}

/** Goes on as `onInvalidPosition` says, and makes the gap known. Rejects with EVENTSTORE_POSITION_INVALID where it says `fail`. */
export async function fallBack(
  { settings, context, readHead }: StartOptions,
  position: Position,
  cause: EventstoreError,
): Promise<Cursor> {
  const { channel, onInvalidPosition } = settings;
  if (onInvalidPosition === 'fail') {
    throw eventstoreError(
      'EVENTSTORE_POSITION_INVALID',
      `Reading "${channel}" can not go on where it had stopped. ${cause.message} Set \`onInvalidPosition\` to "earliest" or "latest" to go on in spite of the gap.`,
      cause,
    );
  }
  const place: Cursor =
    onInvalidPosition === 'latest' ? await readHead() : { kind: kindOf(settings.feed), after: 'start' };
  context.gap({ channel, position, resumed: onInvalidPosition, cause });
  return place;
}

function whyUseless({ feed }: CatchUpSettings, cursor: Cursor | undefined): EventstoreError {
  const reason = cursor
    ? `The stored position, ${formatCursor(cursor)}, is ${of[cursor.kind]}, and the source reads ${feed.kind === 'all' ? '$all' : 'a stream'}.`
    : 'The stored position is none that this package makes: it may be corrupted.';
  return eventstoreError('EVENTSTORE_POSITION_INVALID', reason);
}

const of = { revision: 'of a stream', position: 'of $all' } as const;
