/** An event to publish. */
export interface OutgoingEvent {
  /** Its name, such as `OrderPlaced`. Names that start with `$` are the server's own. */
  readonly type: string;
  /** The payload. It travels as JSON; bytes travel as they are. */
  readonly data: unknown;
  /**
   * Identifies the event. The server keeps UUIDs: another text becomes the UUID that is always the same for it. Give
   * the same id again when you publish the same event again, and the server keeps it once.
   * @default a random UUID
   */
  readonly id?: string | undefined;
  /** Travel as the event's metadata, as JSON. `$correlationId` and `$causationId` are known to the server. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
}

/** Where a stream must stand for events to be appended: `revision` of its last event, or one of these. */
export type ExpectedRevision = 'any' | 'noStream' | 'streamExists' | bigint;

/** An event that the server has taken. */
export interface Published {
  /** The event's UUID, as given, derived or made. */
  readonly id: string;
  readonly stream: string;
  /** Its place in the stream, from 0. */
  readonly revision: bigint;
}
