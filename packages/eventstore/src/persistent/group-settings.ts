import type { LogPosition } from '../client.ts';
import type { AllGroupSettings, ServerGroupSettings, StreamGroupSettings } from './persistent-client.ts';

/** Settings of a group. What is left out stays as the group has it, and a group that is made takes the default. */
export interface GroupSettings {
  /**
   * Where a group that is made starts: a revision of the stream, or a position of `$all`, that one included.
   * @default 'end'
   */
  readonly startFrom?: 'start' | 'end' | bigint | LogPosition;
  /**
   * Milliseconds from when the server sends an event until it takes it for lost and sends it again. What waits here for
   * its turn counts too. The clients' default is 30_000; this one leaves twice the time that a handler may take.
   * @default 120_000
   */
  readonly messageTimeout?: number;
  /**
   * How often the server sends an event again before it parks it by itself.
   * @default 10
   */
  readonly maxRetryCount?: number;
  /**
   * How events are shared among consumers; `Pinned` goes by the stream's name, `PinnedByCorrelation` by `$correlationId`.
   * @default 'RoundRobin'
   */
  readonly consumerStrategy?: 'RoundRobin' | 'DispatchToSingle' | 'Pinned' | 'PinnedByCorrelation';
  /** @default 'unbounded' */
  readonly maxSubscriberCount?: number | 'unbounded';
  /**
   * Milliseconds after which the server keeps how far the group is, if `checkpointLowerBound` events were done.
   * @default 2_000
   */
  readonly checkpointAfter?: number;
  /** @default 10 */
  readonly checkpointLowerBound?: number;
  /**
   * Events after which it does so in any case.
   * @default 1_000
   */
  readonly checkpointUpperBound?: number;
  /** @default 500 */
  readonly liveBufferSize?: number;
  /** @default 20 */
  readonly readBatchSize?: number;
  /** @default 500 */
  readonly historyBufferSize?: number;
  /** @default false */
  readonly extraStatistics?: boolean;
}

/** What is wanted of a group. */
export interface WantedSettings extends GroupSettings {
  readonly resolveLinks: boolean;
}

/** But for the message timeout the clients' own, which they do not fill in by themselves. */
const defaults: ServerGroupSettings = {
  resolveLinkTos: false,
  extraStatistics: false,
  messageTimeout: 120_000,
  maxRetryCount: 10,
  checkPointAfter: 2_000,
  checkPointLowerBound: 10,
  checkPointUpperBound: 1_000,
  maxSubscriberCount: 'unbounded',
  liveBufferSize: 500,
  readBatchSize: 20,
  historyBufferSize: 500,
  consumerStrategyName: 'RoundRobin',
};

export const defaultMessageTimeout = defaults.messageTimeout;

type Names = { readonly [Name in keyof ServerGroupSettings]: keyof Omit<WantedSettings, 'startFrom'> };

/** What the server's settings are called here. */
const names: Names = {
  resolveLinkTos: 'resolveLinks',
  extraStatistics: 'extraStatistics',
  messageTimeout: 'messageTimeout',
  maxRetryCount: 'maxRetryCount',
  checkPointAfter: 'checkpointAfter',
  checkPointLowerBound: 'checkpointLowerBound',
  checkPointUpperBound: 'checkpointUpperBound',
  maxSubscriberCount: 'maxSubscriberCount',
  liveBufferSize: 'liveBufferSize',
  readBatchSize: 'readBatchSize',
  historyBufferSize: 'historyBufferSize',
  consumerStrategyName: 'consumerStrategy',
};

/** The settings with those that are wanted put in. */
export function withWanted<Settings extends ServerGroupSettings>(
  wanted: WantedSettings,
  settings: Settings,
): Settings {
  const given = {
    resolveLinkTos: wanted.resolveLinks,
    extraStatistics: wanted.extraStatistics,
    messageTimeout: wanted.messageTimeout,
    maxRetryCount: wanted.maxRetryCount,
    checkPointAfter: wanted.checkpointAfter,
    checkPointLowerBound: wanted.checkpointLowerBound,
    checkPointUpperBound: wanted.checkpointUpperBound,
    maxSubscriberCount: wanted.maxSubscriberCount,
    liveBufferSize: wanted.liveBufferSize,
    readBatchSize: wanted.readBatchSize,
    historyBufferSize: wanted.historyBufferSize,
    consumerStrategyName: wanted.consumerStrategy,
  };
  const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...settings, ...changes };
}

/** For a group that is made. */
export function newStreamGroup(wanted: WantedSettings, startFrom: StreamGroupSettings['startFrom']) {
  return { ...withWanted(wanted, defaults), startFrom };
}

export function newAllGroup(wanted: WantedSettings, startFrom: AllGroupSettings['startFrom']) {
  return { ...withWanted(wanted, defaults), startFrom };
}

/** The settings, by our names, that a group has otherwise than wanted. Where it started is past: it does not count. */
export function differences(wanted: WantedSettings, actual: ServerGroupSettings): readonly string[] {
  const target = withWanted(wanted, actual);
  return serverNames.filter((name) => target[name] !== actual[name]).map((name) => names[name]);
}

const serverNames = Object.keys(names) as (keyof ServerGroupSettings)[];
