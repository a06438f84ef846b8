/** What of `kafkajs` is used. Typed by shape, so that the library is the user's own and is not loaded by us. */
export interface KafkajsLike {
  consumer(config: KafkajsConsumerConfig): KafkajsConsumer;
  admin(): KafkajsAdmin;
  producer(config: KafkajsProducerConfig): KafkajsProducer;
}

export interface KafkajsConsumerConfig {
  readonly groupId: string;
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly heartbeatInterval: number;
  readonly maxWaitTimeInMs: number;
  readonly maxBytesPerPartition: number;
  readonly metadataMaxAge: number;
  readonly allowAutoTopicCreation: boolean;
  readonly retry: { readonly restartOnFailure: () => Promise<boolean> };
}

export interface KafkajsConsumer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  subscribe(subscription: { readonly topics: string[]; readonly fromBeginning: boolean }): Promise<void>;
  run(config: {
    readonly autoCommit: boolean;
    readonly eachBatch: (payload: KafkajsBatchPayload) => Promise<void>;
  }): Promise<void>;
  pause(partitions: { topic: string; partitions: number[] }[]): void;
  resume(partitions: { topic: string; partitions: number[] }[]): void;
  seek(to: { topic: string; partition: number; offset: string }): void;
  commitOffsets(offsets: { topic: string; partition: number; offset: string }[]): Promise<void>;
  /** With one of the names that the library gives to its events; what is told depends on it. */
  on(event: never, listener: never): () => void;
}

export interface KafkajsMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly offset: string;
  readonly headers?: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
}

export interface KafkajsBatchPayload {
  readonly batch: {
    readonly topic: string;
    readonly partition: number;
    readonly highWatermark: string;
    readonly messages: readonly KafkajsMessage[];
    lastOffset(): string;
  };
  commitOffsetsIfNecessary(offsets?: {
    topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
  }): Promise<void>;
  isStale(): boolean;
}

export interface KafkajsAdmin {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** As that of a consumer. */
  on(event: never, listener: never): () => void;
  listTopics(): Promise<string[]>;
  fetchTopicMetadata(options: { topics: string[] }): Promise<unknown>;
  fetchTopicOffsets(topic: string): Promise<{ partition: number; low: string; high: string }[]>;
  fetchTopicOffsetsByTimestamp(
    topic: string,
    timestamp: number,
  ): Promise<{ partition: number; offset: string }[]>;
  fetchOffsets(options: {
    groupId: string;
    topics: string[];
  }): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
  describeGroups(groups: string[]): Promise<{ groups: readonly { readonly members: readonly unknown[] }[] }>;
}

export interface KafkajsProducerConfig {
  readonly idempotent: boolean;
  readonly maxInFlightRequests?: number;
  readonly allowAutoTopicCreation: boolean;
  readonly createPartitioner: () => (choice: KafkajsPartitionerArguments) => number;
}

export interface KafkajsPartitionerArguments {
  readonly topic: string;
  readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  /** One of those that were sent, itself: a KafkajsOutgoing. */
  readonly message: object;
}

export interface KafkajsOutgoing {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | Buffer[]>;
  readonly timestamp: string;
  readonly partition?: number;
}

export interface KafkajsProducer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  send(batch: {
    topic: string;
    messages: KafkajsOutgoing[];
    acks: number;
    compression?: number;
  }): Promise<readonly { readonly partition: number; readonly baseOffset?: string }[]>;
}
