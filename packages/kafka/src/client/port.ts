import type { KafkaError } from '../errors.ts';

/** A client library as the source and the publisher use it. Errors are KafkaErrors, offsets are bigint. */
export interface KafkaClient {
  readonly supports: {
    /** Whether `MemberOptions.instanceId` is understood. */
    readonly staticMembership: boolean;
  };
  /** A member of a consumer group that has not joined yet. Throws KAFKA_GROUP_SHARED. */
  member(options: MemberOptions): KafkaMember;
  /** Connects. */
  admin(): Promise<KafkaAdmin>;
  /** Connects. */
  producer(options: ProducerOptions): Promise<KafkaProducer>;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Where a partition is to be read, or was read up to: the offset of the next record. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: bigint;
}

/** A record as the client hands it over. */
export interface KafkaRecord {
  /** A whole number as text. */
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Several of one name come as a list. */
  readonly headers: Readonly<Record<string, HeaderBytes | readonly HeaderBytes[] | undefined>> | undefined;
  /** About how many bytes it holds. */
  readonly size: number;
  /** The client's own object. */
  readonly native: unknown;
}

export type HeaderBytes = Buffer | string | null;

export interface RecordBatch extends TopicPartition {
  /**
   * The offset that was asked for: another one than expected when the client goes on elsewhere by itself, where the broker no
   * longer has what comes next. Undefined: the client does not tell, as for a batch without records.
   */
  readonly from: bigint | undefined;
  /** The offset after the batch, records that are nobody's business included. */
  readonly next: bigint;
  /** The offset that the partition's next record will get, as the broker said with the batch. */
  readonly high: bigint;
  /** May be empty. */
  readonly records: readonly KafkaRecord[];
}

export interface MemberOptions {
  readonly group: string;
  readonly instanceId: string | undefined;
  readonly topics: readonly string[];
  /** Milliseconds, all of them. */
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly heartbeatInterval: number;
  readonly maxWait: number;
  readonly metadataMaxAge: number;
  /** Bytes. */
  readonly maxBytesPartition: number;
  /** Called before more is fetched; must not throw. */
  readonly onBatch: (batch: RecordBatch) => void;
  /**
   * The broker has no longer what comes next, and nothing is fetched of the partition before a seek: for clients that do not
   * go on elsewhere by themselves. Must not throw.
   */
  readonly onOutOfRange: (partition: TopicPartition) => void;
  /**
   * All that this member has from now on, called before anything of it is fetched. `kept` says whether partitions that it
   * had before were its own all the while. Must not throw.
   */
  readonly onAssigned: (partitions: readonly TopicPartition[], kept: boolean) => void;
  /** The group is about to be divided anew. */
  readonly onRebalancing: () => void;
  /** The coordinator has answered. */
  readonly onAlive: () => void;
  /** The membership is over. */
  readonly onCrash: (error: KafkaError) => void;
}

export interface KafkaMember {
  /** Resolves when the group has taken this member. */
  join(): Promise<void>;
  /** These three take effect with the next fetch, and work inside of `onAssigned`. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  seek(to: PartitionOffset): void;
  /** Only of partitions that it has: the broker does not look. Rejects with KAFKA_REBALANCING when it may have them no longer. */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /** Leaves the group, if the membership is not static. Works twice, and while joining. */
  close(): Promise<void>;
}

export interface PartitionBounds {
  /** Of the oldest record that is kept. */
  readonly low: bigint;
  /** That the next record will get. */
  readonly high: bigint;
}

export interface KafkaAdmin {
  /** Names of all topics. */
  topics(): Promise<readonly string[]>;
  /** By partition, those that are `needed` among them if they are there at all. Rejects with KAFKA_TOPIC_MISSING. */
  bounds(topic: string, needed?: readonly number[]): Promise<ReadonlyMap<number, PartitionBounds>>;
  /** Of the first record at or after the time, by partition; where there is none, the high one. */
  offsetsAt(topic: string, time: Date): Promise<ReadonlyMap<number, bigint>>;
  /**
   * What a group has committed, by partition. `overwritten`: the client has written over it by itself, because the broker no
   * longer had what came next.
   */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, bigint | 'overwritten'>>;
  /** How many members a group has. */
  members(group: string): Promise<number>;
  close(): Promise<void>;
}

/** Who has to have a record before it counts as sent: all replicas in sync, the leader, or nobody. */
export type Acks = 'all' | 'leader' | 'none';

export interface ProducerOptions {
  readonly acks: Acks;
  readonly idempotent: boolean;
  /** The protocol's number of a codec, which is that of kafkajs too: 1 for gzip, 2 Snappy, 3 LZ4, 4 Zstandard. */
  readonly compression: number | undefined;
}

/** Text is sent as UTF-8. */
export type OutgoingBytes = string | Uint8Array;

export interface OutgoingRecord {
  readonly key: Uint8Array | null;
  readonly value: OutgoingBytes | null;
  /** Names with their values, in order. A name may come several times. */
  readonly headers: readonly (readonly [name: string, value: OutgoingBytes])[];
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Undefined: by the key, as Java clients do; without a key by turns. */
  readonly partition: number | undefined;
}

export interface SentRecord {
  readonly partition: number;
  /** Undefined when nobody answers. */
  readonly offset: bigint | undefined;
}

export interface KafkaProducer {
  /** Resolves with the places of all records, in order. When it rejects, some may have been written. */
  send(topic: string, records: readonly OutgoingRecord[]): Promise<readonly SentRecord[]>;
  close(): Promise<void>;
}
