/** How a message of the queue becomes an event. */
export interface DecodeOptions {
  /**
   * Name of the message attribute that carries the event's name. (Coming from iniesta: `iniesta_pass`.)
   * @default 'event'
   */
  readonly eventAttribute?: string;
  /**
   * Where the event's name is when the payload carries it: a function of the decoded payload, or a path such as
   * `detail.type`. Looked at before `eventAttribute`.
   */
  readonly eventFrom?: string | ((payload: unknown) => string | undefined);
  /**
   * Name of the message attribute that carries the event's id. Without it an event is identified by the MessageId of
   * SNS, or of SQS; the latter changes when SNS delivers twice and when a dead-letter queue is redriven.
   * @default 'event-id'
   */
  readonly idAttribute?: string;
  /**
   * What payloads are: JSON values, plain text, or Base64 of bytes (`data` is a Uint8Array).
   * @default 'json'
   */
  readonly format?: 'json' | 'text' | 'base64';
  /**
   * Whether payloads come in SNS's envelope (`sns`, raw message delivery off) or bare (`raw`). `auto` looks at each message.
   * @default 'auto'
   */
  readonly envelope?: 'auto' | 'sns' | 'raw';
}

/** The same, checked and with the defaults filled in. */
export interface DecodeSettings {
  readonly eventAttribute: string;
  readonly eventFrom: DecodeOptions['eventFrom'] | undefined;
  readonly idAttribute: string;
  readonly format: 'json' | 'text' | 'base64';
  readonly envelope: 'auto' | 'sns' | 'raw';
}
