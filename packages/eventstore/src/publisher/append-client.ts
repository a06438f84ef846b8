/** What of a client the publisher uses; both official clients have it. */
export interface AppendClient {
  appendToStream(
    streamName: string,
    events: AppendEvent | AppendEvent[],
    options?: {
      /** Read by `@kurrent/kurrentdb-client`. */
      streamState?: StreamState;
      /** Read by `@eventstore/db-client`. */
      expectedRevision?: StreamState;
    },
  ): Promise<AppendAnswer>;
}

export type StreamState = 'any' | 'no_stream' | 'stream_exists' | bigint;

export interface AppendEvent {
  id: string;
  type: string;
  contentType: 'application/json' | 'application/octet-stream';
  data: unknown;
  metadata?: unknown;
}

export interface AppendAnswer {
  /** False only with the connection option `throwOnAppendFailure=false`. */
  readonly success: boolean;
  /** Revision of the last event. */
  readonly nextExpectedRevision: bigint;
}
