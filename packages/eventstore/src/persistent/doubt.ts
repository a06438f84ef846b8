import type { GroupInfo } from './persistent-client.ts';

export interface Silence {
  /** As the client calls its connection; undefined where it does not tell. */
  readonly connectionName: string | undefined;
  /** What the server tells now, and told when it was asked before. */
  readonly now: GroupInfo;
  readonly before: GroupInfo | undefined;
  /** Whether all that came is settled. */
  readonly idle: boolean;
}

/**
 * Why a consumer that gets nothing should join anew, by what the server tells of the group. Undefined: the silence may be
 * right, such as where another consumer gets all there is, or all are full because their handlers are slow.
 */
export function reasonToDoubt({ connectionName, now, before, idle }: Silence): string | undefined {
  const ours = now.connections.filter(
    (each) => connectionName === undefined || each.connectionName === connectionName,
  );
  if (ours.length === 0) return 'The server does not know this consumer any more.';
  if (!idle) return undefined;
  // Consumers by one client can't be told apart: then it must be so of each.
  if (ours.every(({ inFlightMessages }) => inFlightMessages > 0))
    return 'The server takes events for sent that have not come.';
  if (before === undefined || hasMoved(before, now)) return undefined;
  if (ours.every(({ availableSlots }) => availableSlots < 1)) return undefined;
  const { consumerStrategyName } = now.settings;
  // What is pinned to a consumer that is full waits for it, whoever else is free.
  if (consumerStrategyName.startsWith('Pinned') && now.stats.totalInFlightMessages > 0) return undefined;
  if (waiting(before) > 0 && waiting(now) > 0) return 'The server has events to send, and sends none.';
  if (hasGrown(before, now)) return 'There are new events, and the server sends none.';
  return undefined;
}

/** Somebody got something, or was done with it. */
function hasMoved({ stats: before }: GroupInfo, { stats: now }: GroupInfo): boolean {
  return (
    before.totalItems !== now.totalItems ||
    before.totalInFlightMessages !== now.totalInFlightMessages ||
    before.lastCheckpointedEventRevision !== now.lastCheckpointedEventRevision
  );
}

/** Parked events are none of them: those wait for somebody to have them replayed. */
function waiting({ stats }: GroupInfo): number {
  return stats.readBufferCount + Number(stats.liveBufferCount) + stats.retryBufferCount;
}

/**
 * Compared with the checkpoint it would tell nothing: a server writes one only after some events, so that it is behind
 * where all is done. Of `$all` it tells nothing either, for a filter may leave out what is new.
 */
function hasGrown({ stats: before }: GroupInfo, { stats: now }: GroupInfo): boolean {
  const { lastKnownEventRevision: known } = before;
  return now.lastKnownEventRevision !== undefined && now.lastKnownEventRevision > (known ?? -1n);
}
