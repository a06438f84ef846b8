/** What is received and sent, as pubsub_api.proto defines it; `bytes` are buffers. */
export interface FetchRequest {
  readonly topicName: string;
  readonly replayPreset: 'LATEST' | 'EARLIEST' | 'CUSTOM';
  readonly replayId: Buffer;
  readonly numRequested: number;
}

export interface ProducerEvent {
  readonly id: string;
  readonly schemaId: string;
  readonly payload: Buffer;
}

export interface ConsumerEvent {
  readonly event: ProducerEvent;
  readonly replayId: Buffer;
}

export interface FetchResponse {
  readonly events: readonly ConsumerEvent[];
  readonly latestReplayId: Buffer;
  readonly rpcId: string;
  readonly pendingNumRequested: number;
}

export interface CommitRequest {
  readonly commitRequestId: string;
  readonly replayId: Buffer;
}

export interface ManagedFetchRequest {
  readonly subscriptionId: string;
  readonly developerName: string;
  readonly numRequested: number;
  readonly commitReplayIdRequest: CommitRequest | null;
}

export interface ManagedFetchResponse extends FetchResponse {
  readonly commitResponse?: CommitRequest & {
    readonly error?: { readonly code: 'COMMIT'; readonly msg: string };
    /** Milliseconds since 1970. */
    readonly processTime: number;
  };
}

export interface PublishRequest {
  readonly topicName: string;
  readonly events: readonly ProducerEvent[];
}

export interface PublishResponse {
  readonly results: readonly {
    readonly replayId?: Buffer;
    readonly error?: { readonly code: 'PUBLISH'; readonly msg: string };
    readonly correlationKey: string;
  }[];
  readonly schemaId: string;
  readonly rpcId: string;
}
