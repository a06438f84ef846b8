/** Where a record stands in the log of all streams. Both numbers are equal unless the events came in an explicit transaction. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** An event as the store keeps it. */
export interface RecordedEvent {
  readonly stream: string;
  /** From 0 on. */
  readonly revision: bigint;
  /** A UUID. */
  readonly id: string;
  readonly type: string;
  /** Whether the content type is `application/json`; that the data is JSON is nobody's promise. */
  readonly json: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  /** In milliseconds since 1970. */
  readonly created: number;
  readonly position: LogPosition;
}

/** An event that is to be written. */
export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly json: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** What a reader gets. With links resolved, a link whose target is gone comes without an event. */
export interface ResolvedEvent {
  readonly event?: RecordedEvent;
  readonly link?: RecordedEvent;
}

/** The type of events that point at another one. */
export const linkType = '$>';

/** What the reader has received: the link, where there is one. */
export function receivedOf({ event, link }: ResolvedEvent): RecordedEvent {
  const received = link ?? event;
  if (!received) throw new TypeError('Neither an event nor a link.');
  return received;
}

export function comparePositions(one: LogPosition, other: LogPosition): number {
  if (one.commit !== other.commit) return one.commit < other.commit ? -1 : 1;
  if (one.prepare !== other.prepare) return one.prepare < other.prepare ? -1 : 1;
  return 0;
}
