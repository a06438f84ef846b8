/** Fields of a record or an event by name. Integers beyond 2^53 are bigints. */
export type Fields = Readonly<Record<string, unknown>>;

export type RecordChange = 'created' | 'updated' | 'deleted' | 'undeleted';

export type ChangeType =
  | 'CREATE'
  | 'UPDATE'
  | 'DELETE'
  | 'UNDELETE'
  | 'GAP_CREATE'
  | 'GAP_UPDATE'
  | 'GAP_DELETE'
  | 'GAP_UNDELETE'
  | 'GAP_OVERFLOW';

/** Change Data Capture guide, "Change Event Header Fields". */
export interface ChangeEventHeader {
  readonly entityName: string;
  readonly recordIds: readonly string[];
  readonly changeType: ChangeType;
  readonly changeOrigin: string;
  readonly transactionKey: string;
  readonly sequenceNumber: number;
  /** Milliseconds since 1970. */
  readonly commitTimestamp: number;
  readonly commitNumber: bigint;
  readonly commitUser: string;
  readonly nulledFields: readonly string[];
  readonly diffFields: readonly string[];
  readonly changedFields: readonly string[];
}

/** What an event says, by the kind of its channel. */
export type EventContent =
  | { readonly kind: 'push-topic'; readonly change: RecordChange; readonly sobject: Fields }
  | { readonly kind: 'generic'; readonly text: string }
  | { readonly kind: 'platform'; readonly createdById: string; readonly fields: Fields }
  | { readonly kind: 'change'; readonly header: ChangeEventHeader; readonly fields: Fields };

/** An event in the log of one channel. */
export type LoggedEvent = EventContent & {
  /** Whose log it stands in; that of a custom channel has the event once more, under another replay id. */
  readonly channel: string;
  readonly replayId: bigint;
  /** `Order__e`, `AccountChangeEvent`; the last part of the channel's name for the other kinds. */
  readonly apiName: string;
  /** The same on each channel. */
  readonly uuid: string;
  /** The id of the schema by which it was written; another one when fields have changed. */
  readonly schema: string;
  /** When it was published, in milliseconds since 1970. */
  readonly publishedAt: number;
  /** What it says of its own time: `CreatedDate`, `createdDate` or `commitTimestamp`; in milliseconds since 1970. */
  readonly createdAt: number;
};
