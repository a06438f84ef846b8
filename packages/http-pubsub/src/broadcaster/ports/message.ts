/** A message that was published, as a store keeps it. */
export interface PublishedMessage {
  /** Made by the broadcaster, and unique; what the publisher calls the message is in `tracing`. */
  readonly key: string;
  readonly topic: Uint8Array;
  /** SHA-512 of the body, 64 bytes. */
  readonly digest: Uint8Array;
  /** What goes out with it in the field of this name. */
  readonly tracing: Uint8Array;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
  readonly body: MessageBody;
}

/** Bytes in memory, in a file, or in a store. */
export interface MessageBody {
  readonly length: number;
  /** May be read more than once, also at the same time. Chunks of any size that together have `length`. */
  chunks(): AsyncIterable<Uint8Array>;
}
