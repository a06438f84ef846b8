/** What is sent and received, as pubsub_api.proto defines it; `bytes` are buffers. Fields that nobody reads are left out. */
export interface FetchRequest {
  readonly topicName?: string;
  readonly replayPreset?: 'LATEST' | 'EARLIEST' | 'CUSTOM';
  readonly replayId?: Buffer;
  /** Added to what was asked for before; more than 100 in all is refused. */
  readonly numRequested: number;
}

export interface ConsumerEvent {
  readonly event: {
    /** A UUID. */
    readonly id: string;
    readonly schemaId: string;
    /** Avro. */
    readonly payload: Buffer;
  } | null;
  readonly replayId: Buffer;
}

export interface FetchResponse {
  readonly events: readonly ConsumerEvent[];
  readonly latestReplayId: Buffer;
  readonly rpcId: string;
  readonly pendingNumRequested: number;
}

export interface ManagedFetchRequest {
  readonly subscriptionId?: string;
  readonly developerName?: string;
  readonly numRequested?: number;
  readonly commitReplayIdRequest?: { readonly commitRequestId: string; readonly replayId: Buffer };
}

export interface CommitResponse {
  readonly commitRequestId: string;
  readonly replayId: Buffer;
  readonly error: { readonly code: string; readonly msg: string } | null;
}

export interface ManagedFetchResponse extends FetchResponse {
  readonly commitResponse: CommitResponse | null;
}

export interface SchemaRequest {
  readonly schemaId: string;
}

export interface SchemaInfo {
  readonly schemaJson: string;
  readonly schemaId: string;
}

export interface TopicRequest {
  readonly topicName: string;
}

export interface TopicInfo {
  readonly topicName: string;
  readonly canSubscribe: boolean;
  readonly schemaId: string;
}
