import { describe, expect, it } from 'vitest';
import { reasonToDoubt } from '../../src/persistent/doubt.ts';
import type { GroupInfo } from '../../src/persistent/persistent-client.ts';

type Connection = GroupInfo['connections'][number];
type Told = Partial<GroupInfo['stats']> & {
  readonly connections?: readonly Connection[];
  readonly strategy?: string;
};

const own: Connection = { connectionName: 'own', availableSlots: 10, inFlightMessages: 0 };
const other: Connection = { connectionName: 'other', availableSlots: 10, inFlightMessages: 0 };

function told({ connections = [own], strategy = 'RoundRobin', ...stats }: Told = {}): GroupInfo {
  return {
    eventSource: 'orders',
    groupName: 'billing',
    status: 'Live',
    settings: {
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
      consumerStrategyName: strategy,
      startFrom: 'start',
    },
    connections,
    stats: {
      totalItems: 5n,
      readBufferCount: 0,
      liveBufferCount: 0n,
      retryBufferCount: 0,
      totalInFlightMessages: 0,
      parkedMessageCount: 0n,
      ...stats,
    },
  };
}

const doubt = (now: Told, before: Told | 'never asked', idle = true) =>
  reasonToDoubt({
    connectionName: 'own',
    now: told(now),
    before: before === 'never asked' ? undefined : told(before),
    idle,
  });

describe('a silent consumer of a group joins anew', () => {
  it.each<[string, Told, Told]>([
    ['that the server does not list, though others', { connections: [other] }, {}],
    ['that is said to have events', { connections: [{ ...own, inFlightMessages: 2 }] }, {}],
    ['that could get events read ahead', { readBufferCount: 1 }, { readBufferCount: 1 }],
    ['that could get live events', { liveBufferCount: 1n }, { liveBufferCount: 3n }],
    ['that could get events again', { retryBufferCount: 1 }, { retryBufferCount: 1 }],
    ['of a stream with new events', { lastKnownEventRevision: 7n }, { lastKnownEventRevision: 6n }],
    ['of a stream with its first event', { lastKnownEventRevision: 0n }, {}],
  ])('%s', (_what, now, before) => {
    expect(doubt(now, before)).toBeTypeOf('string');
  });
});

describe('a silent consumer of a group stays', () => {
  it.each<[string, Told, Told | 'never asked']>([
    ['where there is nothing to send', {}, {}],
    [
      'where the checkpoint is behind, for too few events came since',
      { lastKnownEventRevision: 9n, lastCheckpointedEventRevision: 2n },
      { lastKnownEventRevision: 9n, lastCheckpointedEventRevision: 2n },
    ],
    [
      'where events are parked',
      { parkedMessageCount: 3n, lastKnownEventRevision: 9n },
      { lastKnownEventRevision: 9n },
    ],
    [
      'where another one gets all there is',
      {
        strategy: 'DispatchToSingle',
        totalItems: 90n,
        readBufferCount: 4,
        lastKnownEventRevision: 90n,
        connections: [own, { ...other, inFlightMessages: 3 }],
      },
      { strategy: 'DispatchToSingle', readBufferCount: 4, lastKnownEventRevision: 9n },
    ],
    [
      'where events wait for another one that they are pinned to',
      {
        strategy: 'Pinned',
        retryBufferCount: 5,
        totalInFlightMessages: 10,
        connections: [own, { ...other, availableSlots: 0, inFlightMessages: 10 }],
      },
      { strategy: 'Pinned', retryBufferCount: 5, totalInFlightMessages: 10 },
    ],
    [
      'where its own slots are taken',
      { readBufferCount: 5, connections: [{ ...own, availableSlots: 0 }] },
      { readBufferCount: 5 },
    ],
    [
      'when it is asked for the first time',
      { readBufferCount: 5, lastKnownEventRevision: 7n },
      'never asked',
    ],
    [
      'where only one of two by the same client has events',
      { connections: [own, { ...own, inFlightMessages: 3 }] },
      {},
    ],
  ])('%s', (_what, now, before) => {
    expect(doubt(now, before)).toBeUndefined();
  });

  it('while it is busy with events itself', () => {
    const now = { readBufferCount: 5, connections: [{ ...own, availableSlots: 0, inFlightMessages: 10 }] };
    expect(doubt(now, { readBufferCount: 5 }, false)).toBeUndefined();
  });
});
