import type { Passed } from '@millrace/core';
import type { Cursor } from '../cursor.ts';
import { distance, formatCursor, isAfter } from '../cursor.ts';
import type { CatchUpSettings } from '../options.ts';

/** Where a session stands with its subscription. */
export type State = 'connecting' | 'catching-up' | 'live' | 'backing-off' | 'stopped' | 'failed';

/** How far reading has got, and how far it has to go. */
export interface Progress {
  state: State;
  resubscribed: number;
  deletedLinks: number;
  /** The place after which to go on. */
  readonly place: Cursor;
  /** Answers what core is to pass, unless it is there already. */
  moveTo(place: Cursor): Passed | undefined;
  /** Reading begins elsewhere, be it further back. */
  jumpTo(place: Cursor): Passed | undefined;
  sawHead(head: Cursor): void;
  caughtUp(): void;
  details(): Readonly<Record<string, unknown>>;
}

export function createProgress({ channel, mode, feed }: CatchUpSettings, start: Cursor): Progress {
  let place = start;
  let head: Cursor | undefined;

  /** Without markers there is nothing to pass. */
  const toPassed = (): Passed | undefined =>
    mode === 'live' ? undefined : { channel, position: formatCursor(place) };

  function lag(): Readonly<Record<string, number>> {
    if (head === undefined) return {};
    return { [feed.kind === 'all' ? 'lagBytes' : 'lag']: distance(place, head) };
  }

  return {
    state: 'connecting',
    resubscribed: 0,
    deletedLinks: 0,
    get place() {
      return place;
    },
    moveTo(next) {
      if (!isAfter(next, place)) return undefined;
      place = next;
      return toPassed();
    },
    jumpTo(next) {
      place = next;
      return toPassed();
    },
    sawHead(next) {
      head = next;
    },
    caughtUp() {
      this.state = 'live';
      if (head === undefined || isAfter(place, head)) head = place;
    },
    details() {
      const { state, resubscribed, deletedLinks } = this;
      return { state, channel, position: formatCursor(place), ...lag(), resubscribed, deletedLinks };
    },
  };
}
