import type { LogPosition, ResolvedEvent, ServerFilter, Subscription } from '../client.ts';

/** A consumer of a group: an object-mode `Readable` of the client. */
export interface GroupSubscription extends Subscription {
  ack(...events: ResolvedEvent[]): Promise<void>;
  /** There is a fourth action, `stop`: to the server the event is then done, which loses it. */
  nack(action: 'park' | 'retry' | 'skip', reason: string, ...events: ResolvedEvent[]): Promise<void>;
}

/** The settings of a group as the server has them. */
export interface ServerGroupSettings {
  resolveLinkTos: boolean;
  extraStatistics: boolean;
  messageTimeout: number;
  maxRetryCount: number;
  checkPointAfter: number;
  checkPointLowerBound: number;
  checkPointUpperBound: number;
  maxSubscriberCount: number | 'unbounded';
  liveBufferSize: number;
  readBatchSize: number;
  historyBufferSize: number;
  consumerStrategyName: string;
}

export interface StreamGroupSettings extends ServerGroupSettings {
  startFrom: bigint | 'start' | 'end';
}

export interface AllGroupSettings extends ServerGroupSettings {
  startFrom: LogPosition | 'start' | 'end';
}

/** What the server tells of a group. */
export interface GroupInfo {
  /** The stream, or `$all`. */
  readonly eventSource: string;
  readonly groupName: string;
  readonly status: string;
  readonly settings: StreamGroupSettings | AllGroupSettings;
  readonly connections: readonly {
    readonly connectionName: string;
    readonly availableSlots: number;
    readonly inFlightMessages: number;
  }[];
  readonly stats: {
    /** All that were ever sent to consumers, those sent again included. */
    readonly totalItems: bigint;
    readonly readBufferCount: number;
    readonly liveBufferCount: bigint;
    readonly retryBufferCount: number;
    readonly totalInFlightMessages: number;
    readonly parkedMessageCount: bigint;
    readonly lastCheckpointedEventRevision?: bigint;
    readonly lastKnownEventRevision?: bigint;
    readonly lastCheckpointedEventPosition?: LogPosition;
    readonly lastKnownEventPosition?: LogPosition;
  };
}

/** What of a client the persistent mode uses; both official clients have it. */
export interface PersistentClient {
  /** As the server lists its consumers. */
  readonly connectionName?: string;
  subscribeToPersistentSubscriptionToStream(
    stream: string,
    group: string,
    options: { bufferSize: number },
    streamOptions: { readableHighWaterMark: number },
  ): GroupSubscription;
  subscribeToPersistentSubscriptionToAll(
    group: string,
    options: { bufferSize: number },
    streamOptions: { readableHighWaterMark: number },
  ): GroupSubscription;
  createPersistentSubscriptionToStream(
    stream: string,
    group: string,
    settings: StreamGroupSettings,
  ): Promise<void>;
  createPersistentSubscriptionToAll(
    group: string,
    settings: AllGroupSettings,
    options: { filter?: ServerFilter },
  ): Promise<void>;
  updatePersistentSubscriptionToStream(
    stream: string,
    group: string,
    settings: StreamGroupSettings,
  ): Promise<void>;
  updatePersistentSubscriptionToAll(group: string, settings: AllGroupSettings): Promise<void>;
  deletePersistentSubscriptionToStream(stream: string, group: string): Promise<void>;
  deletePersistentSubscriptionToAll(group: string): Promise<void>;
  getPersistentSubscriptionToStreamInfo(stream: string, group: string): Promise<GroupInfo>;
  getPersistentSubscriptionToAllInfo(group: string): Promise<GroupInfo>;
  listAllPersistentSubscriptions(): Promise<readonly GroupInfo[]>;
  replayParkedMessagesToStream(stream: string, group: string, options: { stopAt?: number }): Promise<void>;
  replayParkedMessagesToAll(group: string, options: { stopAt?: number }): Promise<void>;
}
