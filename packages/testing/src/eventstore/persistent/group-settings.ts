import type { LogPosition } from '../store/recorded-event.ts';

/** Where a new group begins: with that event itself, not after it. */
export type StartFrom = 'start' | 'end' | { readonly revision: bigint } | LogPosition;

const strategyNames = ['RoundRobin', 'DispatchToSingle', 'Pinned', 'PinnedByCorrelation'] as const;

export type StrategyName = (typeof strategyNames)[number];

/** The settings of a group, with the meaning they have on the wire. */
export interface GroupSettings {
  readonly startFrom: StartFrom;
  readonly resolveLinks: boolean;
  readonly extraStatistics: boolean;
  /** In milliseconds from the push on; 0 waits for ever. */
  readonly messageTimeout: number;
  /** Retries of an event, before it is parked. */
  readonly maxRetryCount: number;
  /** In milliseconds. */
  readonly checkpointAfter: number;
  /** Fewer events than that are no reason to write a checkpoint. */
  readonly minCheckpointCount: number;
  /** As many write one at once. */
  readonly maxCheckpointCount: number;
  /** 0 is no limit. */
  readonly maxSubscriberCount: number;
  readonly liveBufferSize: number;
  readonly readBatchSize: number;
  /** How many events the group holds that are with no consumer. */
  readonly historyBufferSize: number;
  readonly strategy: StrategyName;
}

/** Why a server does not take such settings; undefined where it does. */
export function faultOf(settings: GroupSettings): string | undefined {
  if (settings.readBatchSize < 1) return 'The read batch size must be at least 1.';
  if (settings.historyBufferSize <= settings.readBatchSize)
    return `The history buffer size (${settings.historyBufferSize}) must be greater than the read batch size (${settings.readBatchSize}).`;
  if (settings.maxCheckpointCount < settings.minCheckpointCount)
    return `The maximum checkpoint count (${settings.maxCheckpointCount}) must not be below the minimum (${settings.minCheckpointCount}).`;
  return undefined;
}

/** Of a name as it comes over the wire. */
export function strategyNamed(name: string): StrategyName | undefined {
  return strategyNames.find((known) => known === name);
}
