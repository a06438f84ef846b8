/** How a record becomes an event. */
export interface DecodeOptions {
  /**
   * Name of the header that carries the event's name. After it `ce_type` of CloudEvents is looked at, then the topic's
   * name is taken.
   * @default 'event'
   */
  readonly eventHeader?: string;
  /**
   * Where the event's name is when the payload carries it: a function of the decoded payload and the topic, or a path such
   * as `detail.type`. Looked at before `eventHeader`.
   */
  readonly eventFrom?: string | ((payload: unknown, topic: string) => string | undefined);
  /**
   * Name of the header that carries the event's id. After it `ce_source` and `ce_id` of CloudEvents are looked at; without
   * any, an event is identified by its place, `topic[partition]@offset`, which a producer that sends twice does not keep.
   * @default 'event-id'
   */
  readonly idHeader?: string;
  /**
   * What payloads are: JSON values, plain text, or bytes as they are (`data` is a Uint8Array). A value that is null, a
   * tombstone, is `null` in all of them.
   * @default 'json'
   */
  readonly format?: 'json' | 'text' | 'bytes';
}

/** The same, checked and with the defaults filled in. */
export interface DecodeSettings {
  readonly eventHeader: string;
  readonly eventFrom: DecodeOptions['eventFrom'] | undefined;
  readonly idHeader: string;
  readonly format: 'json' | 'text' | 'bytes';
}
