import { refusals, statusOf } from '../refusal.ts';
import type { EventStore } from '../store/event-store.ts';
import type { LogPosition, RecordedEvent } from '../store/recorded-event.ts';
import type { ReadRequest } from './read-request.ts';

/** Goes through a stream or through `$all`, once, in one direction. */
export interface Cursor {
  /** Up to `count` further events; none when there are none now. */
  next(count: number): readonly RecordedEvent[];
  /** Where the last event stood that was looked at. */
  readonly at: bigint | LogPosition | undefined;
}

/** `after`: the start itself has been read already, as subscriptions take it. Throws a refusal when there is no such position. */
export function cursorOf(store: EventStore, { from, backwards }: ReadRequest, after: boolean): Cursor {
  if ('position' in from) return cursorOfAll(store, from.position, backwards, after);
  return backwards
    ? cursorDown(store, from.stream, from.revision)
    : cursorUp(store, from.stream, from.revision, after);
}

function cursorUp(store: EventStore, stream: string, from: bigint | 'start' | 'end', after: boolean): Cursor {
  const extent = store.extent(stream);
  let at = extent.status === 'found' && from === 'end' ? extent.last : undefined;
  let next = from === 'start' ? 0n : from === 'end' ? (at ?? -1n) + 1n : after ? from + 1n : from;
  if (typeof from === 'bigint' && after) at = from;
  return {
    next(count) {
      const events = store.readStream(stream, next, count);
      const last = events.at(-1);
      if (last) {
        at = last.revision;
        next = last.revision + 1n;
      }
      return events;
    },
    get at() {
      return at;
    },
  };
}

function cursorDown(store: EventStore, stream: string, from: bigint | 'start' | 'end'): Cursor {
  const extent = store.extent(stream);
  const last = extent.status === 'found' ? extent.last : -1n;
  let next = from === 'end' ? last : from === 'start' ? 0n : from;
  return {
    next(count) {
      const events = store.readStreamBackwards(stream, next, count);
      const end = events.at(-1);
      if (end) next = end.revision - 1n;
      return events;
    },
    get at() {
      return next + 1n;
    },
  };
}

function cursorOfAll(
  store: EventStore,
  from: LogPosition | 'start' | 'end',
  backwards: boolean,
  after: boolean,
): Cursor {
  if (typeof from === 'object') checkPosition(store, from);
  let index = indexOf(store, from, after && !backwards);
  let at: LogPosition | undefined;
  if (typeof from === 'object' && after) at = from;
  if (from === 'end') at = store.log.at(-1)?.position;
  return {
    next(count) {
      const events = backwards
        ? store.log.slice(Math.max(0, index - count), index).toReversed()
        : store.log.slice(index, index + count);
      index += backwards ? -events.length : events.length;
      at = events.at(-1)?.position ?? at;
      return events;
    },
    get at() {
      return at;
    },
  };
}

function indexOf(store: EventStore, from: LogPosition | 'start' | 'end', after: boolean): number {
  if (from === 'start') return 0;
  if (from === 'end') return store.log.length;
  return store.countUntil(from, after);
}

/** A position in the middle of a record is none; one behind the end is taken for the end. */
function checkPosition(store: EventStore, position: LogPosition): void {
  const before = store.countUntil(position, false);
  const known = store.countUntil(position, true) > before;
  if (!known && before < store.log.length && position.commit !== 0n) throw statusOf(refusals.invalidPosition);
}
