import { randomUUID } from 'node:crypto';
import type { Clock } from '@millrace/core';
import type { EventStore } from '../store/event-store.ts';
import type { ResolvedEvent } from '../store/recorded-event.ts';
import { linkType, receivedOf } from '../store/recorded-event.ts';
import { metadataStreamOf, metadataType } from '../store/stream-metadata.ts';
import type { GroupPosition } from './message.ts';

/** From `first` on, up to but without `end`. */
export interface ParkedRange {
  readonly first: bigint;
  readonly end: bigint;
}

/** What a group writes: where it stands, and the events it has given up on. */
export interface GroupStreams {
  loadCheckpoint(): GroupPosition | undefined;
  saveCheckpoint(position: GroupPosition): void;
  park(event: ResolvedEvent, reason: string): void;
  /** The revisions of what is parked. */
  parked(): ParkedRange;
  /** Parked events, as links that are resolved, from a revision of the parked stream on. */
  readParked(from: bigint, count: number): readonly ResolvedEvent[];
  /** Forgets parked events before a revision. */
  truncateParked(before: bigint): void;
  /** Both streams; they may be written to again. */
  delete(): void;
}

const nothing = new Uint8Array();

/** In streams of the store, named and filled as a server does it. */
export function groupStreams(store: EventStore, clock: Clock, source: string, group: string): GroupStreams {
  const base = `$persistentsubscription-${source}::${group}`;
  const checkpoints = `${base}-checkpoint`;
  const parked = `${base}-parked`;

  function write(stream: string, type: string, data: string, metadata?: object): void {
    store.append(stream, [
      {
        id: randomUUID(),
        type,
        // Links are not JSON.
        json: type !== linkType,
        data: Buffer.from(data),
        metadata: metadata ? Buffer.from(JSON.stringify(metadata)) : nothing,
      },
    ]);
  }

  function setMetadata(stream: string, metadata: string): void {
    write(metadataStreamOf(stream), metadataType, metadata);
  }

  return {
    loadCheckpoint() {
      const extent = store.extent(checkpoints);
      if (extent.status !== 'found') return undefined;
      const [last] = store.readStream(checkpoints, extent.last, 1);
      return last && String(JSON.parse(Buffer.from(last.data).toString()));
    },
    saveCheckpoint(position) {
      if (store.extent(checkpoints).status !== 'found') setMetadata(checkpoints, '{"$maxCount":2}');
      write(checkpoints, '$SubscriptionCheckpoint', JSON.stringify(position));
    },
    park(resolved, reason) {
      const received = receivedOf(resolved);
      const { event } = resolved;
      // What a broken link points at is all that is known of its event.
      const target = event ? `${event.revision}@${event.stream}` : Buffer.from(received.data).toString();
      const added = new Date(clock.now()).toISOString();
      write(parked, linkType, target, { added, reason, subscriptionEventNumber: Number(received.revision) });
    },
    parked() {
      const extent = store.extent(parked);
      return extent.status === 'found'
        ? { first: extent.first, end: extent.last + 1n }
        : { first: 0n, end: 0n };
    },
    readParked: (from, count) => store.readStream(parked, from, count).map((link) => store.resolve(link)),
    truncateParked: (before) => setMetadata(parked, `{"$tb":${before}}`),
    delete() {
      for (const stream of [checkpoints, parked]) {
        if (store.extent(stream).status === 'found') store.delete(stream, 'any', false);
      }
    },
  };
}
