import type {
  CreateReq,
  UpdateReq,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js';
import type { GroupSettings, StartFrom } from './group-settings.ts';
import { strategyNamed } from './group-settings.ts';

const ticksPerMillisecond = 10_000;

/** By their number on the wire. */
const strategies = ['DispatchToSingle', 'RoundRobin', 'Pinned'] as const;

/** The settings of a group as a request has them. Throws a TypeError when there is no such strategy. */
export function settingsOf(
  message: CreateReq.Settings | UpdateReq.Settings,
  startFrom: StartFrom,
): GroupSettings {
  return {
    startFrom,
    resolveLinks: message.getResolveLinks(),
    extraStatistics: message.getExtraStatistics(),
    messageTimeout: message.hasMessageTimeoutTicks()
      ? Number(message.getMessageTimeoutTicks()) / ticksPerMillisecond
      : message.getMessageTimeoutMs(),
    maxRetryCount: message.getMaxRetryCount(),
    checkpointAfter: message.hasCheckpointAfterTicks()
      ? Number(message.getCheckpointAfterTicks()) / ticksPerMillisecond
      : message.getCheckpointAfterMs(),
    minCheckpointCount: message.getMinCheckpointCount(),
    maxCheckpointCount: message.getMaxCheckpointCount(),
    maxSubscriberCount: message.getMaxSubscriberCount(),
    liveBufferSize: message.getLiveBufferSize(),
    readBatchSize: message.getReadBatchSize(),
    historyBufferSize: message.getHistoryBufferSize(),
    strategy: strategyOfMessage(message),
  };
}

/** Newer clients name it; it then counts, and the number is left at its default. */
function strategyOfMessage(message: CreateReq.Settings | UpdateReq.Settings): GroupSettings['strategy'] {
  const name = 'getConsumerStrategy' in message ? message.getConsumerStrategy() : '';
  const strategy = name === '' ? strategies[message.getNamedConsumerStrategy()] : strategyNamed(name);
  if (!strategy)
    throw new TypeError(`There is no consumer strategy "${name || message.getNamedConsumerStrategy()}".`);
  return strategy;
}

/** Where a group to a stream starts. Older clients name it in the settings. */
export function startOfStream(
  options: CreateReq.StreamOptions | UpdateReq.StreamOptions | undefined,
  settings: CreateReq.Settings | UpdateReq.Settings,
): StartFrom {
  if (options?.hasStart()) return 'start';
  if (options?.hasEnd()) return 'end';
  return startOfRevision(BigInt(options?.hasRevision() ? options.getRevision() : settings.getRevision()));
}

/** The largest number that fits is the end. */
function startOfRevision(revision: bigint): StartFrom {
  if (revision === 0n) return 'start';
  return revision === 2n ** 64n - 1n ? 'end' : { revision };
}

export function startOfAll(options: CreateReq.AllOptions | UpdateReq.AllOptions): StartFrom {
  const position = options.getPosition();
  if (!position) return options.hasEnd() ? 'end' : 'start';
  return {
    commit: BigInt(position.getCommitPosition()),
    prepare: BigInt(position.getPreparePosition()),
  };
}
