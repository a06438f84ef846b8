import type { EventPublisher, EventstoreGroups } from '@millrace/eventstore';
import { isMillraceError } from '@millrace/core';
import { eventstoreGroups, eventstorePublisher } from '@millrace/eventstore';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import type { Published } from '../ledger/books.ts';
import type { ParcelEvent } from './events.ts';
import { category, customsGroup, customsType, streamOf } from './events.ts';
import type { ParcelState } from './state.ts';
import { stateOf } from './state.ts';

/** Where parcels are followed: a server inside of this process that clients of KurrentDB take for theirs. */
export interface EventStore {
  readonly server: EventStoreServer;
  readonly groups: EventstoreGroups;
  /**
   * Appends to the stream of the event's parcel, after the event before. Rejects when the server can't be reached; to do it
   * again is no harm. Answers a row for each subscription that has to hear of it.
   */
  publish(event: ParcelEvent): Promise<readonly Published[]>;
  /** Events that a subscription has not settled, parked ones included. The marker is that of a stream. */
  unsettled(marker: (stream: string) => bigint | undefined): Promise<number>;
  /** Where all parcels are, by what is in their streams. */
  parcels(): readonly ParcelState[];
  close(): Promise<void>;
}

export async function startEventStore(): Promise<EventStore> {
  const server = await eventStoreServer();
  const { connectionString } = server;
  const publisher: EventPublisher = eventstorePublisher({ connectionString });
  const groups = eventstoreGroups({ connectionString });
  const streams = new Set<string>();

  const newest = (stream: string) => server.read(stream).at(-1)?.event?.revision ?? -1n;

  /** Of the group, the parked ones included. A server that is down can't be asked: then it is not over. */
  async function undeclared(): Promise<bigint> {
    try {
      const { stats } = await groups.info(customsGroup);
      const unread = newest(`$et-${customsType}`) - (stats.lastKnownEventRevision ?? -1n);
      const held = stats.readBufferCount + stats.retryBufferCount + stats.totalInFlightMessages;
      return unread + BigInt(held) + stats.parkedMessageCount;
    } catch (error) {
      if (isMillraceError(error, 'EVENTSTORE_UNREACHABLE')) return 1n;
      throw error;
    }
  }

  return {
    server,
    groups,
    async publish({ id, type, data, expected, customs }) {
      const { parcelId, sequence } = data;
      await publisher.publish(
        { id, type, data },
        {
          stream: streamOf(parcelId),
          expectedRevision: sequence === 1 ? 'noStream' : BigInt(sequence - 2),
        },
      );
      streams.add(parcelId);
      const read: Published = { source: 'parcels', eventId: id, expected };
      return customs ? [read, { source: 'customs', eventId: id, expected: customs }] : [read];
    },
    async unsettled(marker) {
      const stream = `$ce-${category}`;
      const unread = newest(stream) - (marker(stream) ?? -1n);
      return Number(unread + (await undeclared()));
    },
    parcels() {
      return [...streams].flatMap((parcelId) => {
        const events = server.read(streamOf(parcelId)).map(({ event }) => ({
          type: event?.type ?? '',
          data: JSON.parse(Buffer.from(event?.data ?? '').toString()) as unknown,
        }));
        return stateOf(parcelId, events) ?? [];
      });
    },
    async close() {
      await Promise.all([publisher.close(), groups.close()]);
      await server.close();
    },
  };
}
