import { randomUUID } from 'node:crypto';
import type { Clock } from '@millrace/core';
import type { EventStream } from './event-stream.ts';
import { emptyStream, firstRevision, isSoftDeleted, lastRevision, writtenBefore } from './event-stream.ts';
import type { ExpectedRevision } from './expected-revision.ts';
import { isAsExpected } from './expected-revision.ts';
import { createLog } from './log.ts';
import type { LogPosition, ProposedEvent, RecordedEvent, ResolvedEvent } from './recorded-event.ts';
import { linkType } from './recorded-event.ts';
import { deletedRevision, metadataStreamOf, metadataType, retentionOf } from './stream-metadata.ts';

export type WriteResult =
  /** `revision` is that of the last event. Also when the same events had been written before. */
  | { readonly outcome: 'written'; readonly revision: bigint; readonly position: LogPosition | undefined }
  /** `actual` is -1 where there is no stream. */
  | { readonly outcome: 'wrong-expected-version'; readonly actual: bigint }
  | { readonly outcome: 'stream-deleted' };

/** Whether and from where to where a stream can be read. */
export type StreamExtent =
  | { readonly status: 'not-found' | 'deleted' }
  | { readonly status: 'found'; readonly first: bigint; readonly last: bigint };

/** All streams of a server, in memory. The nodes of a cluster share one. */
export interface EventStore {
  append(
    stream: string,
    events: readonly ProposedEvent[],
    options?: { readonly expected?: ExpectedRevision; readonly transaction?: boolean },
  ): WriteResult;
  /** Deletes a stream: for good, or so that it may be written to again. */
  delete(stream: string, expected: ExpectedRevision, forGood: boolean): WriteResult;
  extent(stream: string): StreamExtent;
  /** Up to `count` events that may be read, from a revision on. */
  readStream(stream: string, from: bigint, count: number): readonly RecordedEvent[];
  /** Up to `count` events that may be read, from a revision down. */
  readStreamBackwards(stream: string, from: bigint, count: number): readonly RecordedEvent[];
  /** All events of all streams in the order in which they were committed. */
  readonly log: readonly RecordedEvent[];
  /** How many events of the log stand before a position, and with `inclusive` at it. */
  countUntil(position: LogPosition, inclusive: boolean): number;
  /** Follows a link. What is no link is its own event. */
  resolve(record: RecordedEvent): ResolvedEvent;
  /** Is called after each write. The returned function ends that. */
  onWrite(listener: (events: readonly RecordedEvent[]) => void): () => void;
}

export function createEventStore(clock: Clock): EventStore {
  const streams = new Map<string, EventStream>();
  const log = createLog();
  const listeners = new Set<(events: readonly RecordedEvent[]) => void>();

  function streamOf(name: string): EventStream {
    let stream = streams.get(name);
    if (!stream) streams.set(name, (stream = emptyStream()));
    return stream;
  }

  function record(name: string, proposed: readonly ProposedEvent[], transaction: boolean): WriteResult {
    const stream = streamOf(name);
    const recorded = log.append(
      proposed.map((event, index) => ({
        ...event,
        stream: name,
        revision: BigInt(stream.events.length + index),
        created: clock.now(),
      })),
      transaction,
    );
    for (const event of recorded) {
      stream.events.push(event);
      stream.revisions.set(event.id, event.revision);
      if (name.startsWith('$$') && event.type === metadataType) {
        streamOf(name.slice(2)).retention = retentionOf(event);
      }
    }
    for (const listener of listeners) listener(recorded);
    return { outcome: 'written', revision: lastRevision(stream), position: recorded.at(-1)?.position };
  }

  function writeMetadata(stream: string, metadata: string): WriteResult {
    const event = { id: randomUUID(), type: metadataType, json: true, metadata: new Uint8Array() };
    return record(metadataStreamOf(stream), [{ ...event, data: Buffer.from(metadata) }], false);
  }

  function refusal(stream: EventStream, expected: ExpectedRevision): WriteResult | undefined {
    if (stream.tombstoned) return { outcome: 'stream-deleted' };
    const last = lastRevision(stream);
    if (isAsExpected(expected, last, last >= 0n && !isSoftDeleted(stream))) return undefined;
    return { outcome: 'wrong-expected-version', actual: last };
  }

  function extent(name: string): StreamExtent {
    const stream = streams.get(name);
    if (stream?.tombstoned) return { status: 'deleted' };
    if (!stream || stream.events.length === 0 || isSoftDeleted(stream)) return { status: 'not-found' };
    return { status: 'found', first: firstRevision(stream, clock.now()), last: lastRevision(stream) };
  }

  return {
    append(name, events, { expected = 'any', transaction = false } = {}) {
      const stream = streamOf(name);
      const refused = refusal(stream, expected);
      if (refused?.outcome === 'stream-deleted') return refused;
      const before = writtenBefore(stream, events, startOf(expected));
      if (before !== undefined) {
        const { position } = stream.events[Number(before)] ?? {};
        return { outcome: 'written', revision: before, position };
      }
      if (refused) return refused;
      if (isSoftDeleted(stream)) writeMetadata(name, `{"$tb":${stream.events.length}}`);
      return record(name, events, transaction);
    },
    delete(name, expected, forGood) {
      const stream = streamOf(name);
      const refused = refusal(stream, expected);
      if (refused) return refused;
      if (!forGood) return writeMetadata(name, `{"$tb":${deletedRevision}}`);
      stream.tombstoned = true;
      const end = { id: randomUUID(), type: '$streamDeleted', json: false };
      const empty = { data: new Uint8Array(), metadata: new Uint8Array() };
      const recorded = log.append(
        [{ ...end, ...empty, stream: name, revision: deletedRevision, created: clock.now() }],
        false,
      );
      for (const listener of listeners) listener(recorded);
      return { outcome: 'written', revision: deletedRevision, position: recorded.at(-1)?.position };
    },
    extent,
    readStream(name, from, count) {
      const { first, last } = boundsOf(extent(name));
      const start = from > first ? from : first;
      if (start > last) return [];
      return streamOf(name).events.slice(Number(start), Number(start) + count);
    },
    readStreamBackwards(name, from, count) {
      const { first, last } = boundsOf(extent(name));
      const start = from < last ? from : last;
      const end = start - BigInt(count) + 1n;
      if (start < first) return [];
      const { events } = streamOf(name);
      return events.slice(Number(end > first ? end : first), Number(start) + 1).toReversed();
    },
    log: log.events,
    countUntil: log.countUntil,
    resolve(link) {
      if (link.type !== linkType) return { event: link };
      const [, revision, target] = /^(\d+)@(.+)$/s.exec(Buffer.from(link.data).toString()) ?? [];
      if (revision === undefined || target === undefined) return { link };
      const { first, last } = boundsOf(extent(target));
      const number = BigInt(revision);
      const event = number >= first && number <= last && streamOf(target).events[Number(number)];
      return event ? { event, link } : { link };
    },
    onWrite(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Where events with that expectation would have been written. */
function startOf(expected: ExpectedRevision): bigint | undefined {
  if (typeof expected === 'bigint') return expected + 1n;
  return expected === 'no_stream' ? 0n : undefined;
}

function boundsOf(extent: StreamExtent): { readonly first: bigint; readonly last: bigint } {
  return extent.status === 'found' ? extent : { first: 0n, last: -1n };
}
