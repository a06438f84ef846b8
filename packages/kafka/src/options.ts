import type { SourceSettings, StartPosition } from '@millrace/core';
import type { KafkaClient } from './client/port.ts';
import type { DecodeOptions, DecodeSettings } from './decode/options.ts';

export interface KafkaOptions extends SourceSettings, DecodeOptions {
  /** `kafkajsClient(new Kafka({ brokers }))`, or `platformaticClient({ clientId, bootstrapBrokers })`. */
  readonly client: KafkaClient;
  /** Names of topics, and patterns for them; topics that come to match while the source runs are read from their beginning. */
  readonly topics: string | RegExp | readonly (string | RegExp)[];
  /**
   * The consumer group: its members divide the partitions among them, and it keeps the markers. Sources of one group must
   * read the same topics.
   * @default the names of the consumer and the source, with a dot in between
   */
  readonly group?: string;
  /**
   * Where partitions are read from that the group has committed nothing of. `after` is the offset of a record, the same in
   * all partitions. Partitions that are added while the source runs are read from their beginning.
   * @default 'latest'
   */
  readonly start?: StartPosition;
  /**
   * What keeps its order: all of a partition, or what has the same key in a partition. Records without a key then have none.
   * @default 'partition'
   */
  readonly order?: 'partition' | 'key';
  /**
   * Makes the membership static, where the client can: a restart within `sessionTimeout` moves no partition. No other member
   * of the group may have the same.
   */
  readonly instanceId?: string;
  /**
   * Milliseconds without a sign of life after which the broker gives a member's partitions to others.
   * @default 30_000
   */
  readonly sessionTimeout?: number;
  /**
   * Milliseconds between signs of life. They are sent however long handlers take.
   * @default a tenth of `sessionTimeout`
   */
  readonly heartbeatInterval?: number;
  /**
   * Milliseconds that the broker waits for all members when partitions are divided anew.
   * @default 60_000
   */
  readonly rebalanceTimeout?: number;
  /**
   * Milliseconds that handlers of a partition that went to another member get to end; what they do after that is thrown
   * away. The other member may handle the same events meanwhile, unless both share an idempotency store.
   * @default 5_000
   */
  readonly revokeTimeout?: number;
  /**
   * Records given to core ahead of those being handled. Each is claimed, and given back when its partition goes.
   * @default 64, or `concurrency` if that is more
   */
  readonly prefetch?: number;
  /**
   * Milliseconds between looks for topics that match a pattern and for added partitions.
   * @default 60_000
   */
  readonly topicsRefresh?: number;
  readonly fetch?: {
    /**
     * Milliseconds that a fetch waits at the broker for records. It is also how long a partition may wait to be fetched from
     * once more after it was paused.
     * @default 250
     */
    readonly maxWait?: number;
    /**
     * Bytes that a fetch brings of one partition, or one record that is larger.
     * @default 1_048_576
     */
    readonly maxBytesPartition?: number;
    /**
     * Bytes kept of one partition from which on it is paused, until half of them are left. A last fetch comes on top.
     * @default 4_194_304
     */
    readonly maxBuffered?: number;
  };
}

/** Options checked, with the defaults filled in. */
export interface KafkaSettings {
  readonly name: string;
  readonly client: KafkaClient;
  readonly topics: { readonly names: readonly string[]; readonly patterns: readonly RegExp[] };
  /** Undefined: made of the names of the consumer and the source. */
  readonly group: string | undefined;
  readonly start: StartPosition;
  readonly onInvalidPosition: 'earliest' | 'latest' | 'fail';
  readonly order: 'partition' | 'key';
  readonly instanceId: string | undefined;
  readonly decode: DecodeSettings;
  readonly sessionTimeout: number;
  readonly heartbeatInterval: number;
  readonly rebalanceTimeout: number;
  readonly revokeTimeout: number;
  readonly topicsRefresh: number;
  readonly fetch: {
    readonly maxWait: number;
    readonly maxBytesPartition: number;
    readonly maxBuffered: number;
  };
}

/** The same, in a consumer. */
export interface GroupSettings extends KafkaSettings {
  readonly group: string;
}
