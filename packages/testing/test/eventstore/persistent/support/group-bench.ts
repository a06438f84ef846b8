import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Consumer } from '../../../../src/eventstore/persistent/consumer.ts';
import type { DefinedGroup } from '../../../../src/eventstore/persistent/groups.ts';
import { createGroups } from '../../../../src/eventstore/persistent/groups.ts';
import type { GroupSettings } from '../../../../src/eventstore/persistent/group-settings.ts';
import { createEventStore } from '../../../../src/eventstore/store/event-store.ts';
import type { RecordedEvent } from '../../../../src/eventstore/store/recorded-event.ts';
import { linkType, receivedOf } from '../../../../src/eventstore/store/recorded-event.ts';
import { manualClock } from '../../../../src/manual-clock.ts';

const defaults: GroupSettings = {
  startFrom: 'start',
  resolveLinks: false,
  extraStatistics: false,
  messageTimeout: 30_000,
  maxRetryCount: 10,
  checkpointAfter: 2_000,
  minCheckpointCount: 10,
  maxCheckpointCount: 1_000,
  maxSubscriberCount: 0,
  liveBufferSize: 500,
  readBatchSize: 20,
  historyBufferSize: 500,
  strategy: 'RoundRobin',
};

/** A store with one group to the stream `orders`, or to another, and consumers that note what they get. */
export function groupBench(overrides: Partial<GroupSettings> = {}, source = 'orders') {
  const clock = manualClock();
  const store = createEventStore(clock);
  const groups = createGroups(store, clock);
  onTestFinished(() => groups.stop());
  const key = { source, name: 'billing' };
  const settings = { ...defaults, ...overrides };

  function defined(): DefinedGroup {
    const found = groups.find(key);
    if (!found) throw new Error('The group is gone.');
    return found;
  }

  function write(
    stream: string,
    type: string,
    data: string,
    metadata = '',
    id: string = randomUUID(),
  ): string {
    const event = {
      id,
      type,
      json: type !== linkType,
      data: Buffer.from(data),
      metadata: Buffer.from(metadata),
    };
    store.append(stream, [event]);
    return id;
  }

  return {
    clock,
    store,
    groups,
    key,
    settings,
    get group() {
      return defined().group;
    },
    get streams() {
      return defined().streams;
    },
    /** Defines the group, with its settings or others: it starts from its checkpoint. */
    start(accepts?: (record: RecordedEvent) => boolean, changed: Partial<GroupSettings> = {}) {
      groups.define(key, { ...settings, ...changed }, accepts);
    },
    write,
    /** Events of type `placed`, numbered from 0 on in a stream that is empty. */
    place(count: number, stream = 'orders'): string[] {
      return Array.from({ length: count }, () => write(stream, 'placed', '{}'));
    },
    connect(slots: number) {
      const received: string[] = [];
      const ids: string[] = [];
      let dropped = false;
      const consumer = defined().group.connect(slots, {
        peer: 'test',
        connectionName: 'test',
        username: 'test',
        send(event, retryCount) {
          const { stream, revision, id } = receivedOf(event);
          received.push(`${stream}@${revision}${retryCount > 0 ? ` retry ${retryCount}` : ''}`);
          ids.push(id);
        },
        drop() {
          dropped = true;
        },
      });
      defined().group.wake();
      return {
        received,
        ids,
        get dropped() {
          return dropped;
        },
        get consumer(): Consumer {
          if (!consumer) throw new Error('The group did not take the consumer.');
          return consumer;
        },
        refused: consumer === undefined,
      };
    },
    /** The data of all events that can be read in a stream. */
    read(stream: string): string[] {
      return store.readStream(stream, 0n, 1_000).map(({ data }) => Buffer.from(data).toString());
    },
  };
}

export const parkedStream = '$persistentsubscription-orders::billing-parked';
export const checkpointStream = '$persistentsubscription-orders::billing-checkpoint';
