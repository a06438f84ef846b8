import type { ResolvedEvent } from '../store/recorded-event.ts';

/** Where a group stands in what it reads, in the words of its checkpoint: `12` in a stream, `C:12/P:12` in `$all`. */
export type GroupPosition = string;

/** What a group reads: an event, or a place without one for it. */
export type FeedEntry = { readonly position: GroupPosition } & (
  | { readonly kind: 'event'; readonly event: ResolvedEvent }
  | { readonly kind: 'filtered' }
  /** What groups wrote themselves. It must not lead to a checkpoint, which would be the next one of these. */
  | { readonly kind: 'bookkeeping' }
);

/** An event on its way to a consumer. */
export interface GroupMessage {
  /** Of the record that consumers receive, the link where there is one: what acks name. */
  readonly id: string;
  readonly event: ResolvedEvent;
  /** 0 at first. */
  readonly retryCount: number;
  /** Its place in the order of the group. Parked events that are replayed have none. */
  readonly order: MessageOrder | undefined;
}

export interface MessageOrder {
  /** From 0 on. */
  readonly sequence: number;
  /** What the group had passed before: as far as the checkpoint may go while the message is not done. */
  readonly previous: GroupPosition | undefined;
}
