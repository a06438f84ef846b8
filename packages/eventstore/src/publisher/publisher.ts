import type { MillraceError } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { ClientOptions } from '../connect/lazy-client.ts';
import { lazyClient } from '../connect/lazy-client.ts';
import { eventstoreError } from '../errors.ts';

import { append } from './append.ts';
import type { AppendClient } from './append-client.ts';
import { inBatches } from './batches.ts';
import type { ExpectedRevision, OutgoingEvent, Published } from './event.ts';
import type { PublisherSettings } from './options.ts';
import { withDefaults } from './options.ts';
import type { Prepared } from './prepare.ts';
import { prepare } from './prepare.ts';

export interface PublishOptions {
  /** @default the publisher's */
  readonly stream?: string | undefined;
  /**
   * Where the stream must stand. With `any`, an event published twice is still kept once as long as the server
   * remembers its id; a revision or `noStream` makes that certain.
   * @default 'any'
   */
  readonly expectedRevision?: ExpectedRevision | undefined;
  /** Ends the waiting. An append that is under way may still be done. */
  readonly signal?: AbortSignal | undefined;
}

/** What was published of an iterable. */
export interface PublishedMany {
  readonly stream: string;
  readonly count: number;
  /** Of the last event; undefined when there was none. */
  readonly revision: bigint | undefined;
}

/** Publishing broke off: `count` events are in the stream, `cause` says why no more. */
export type PublishFromError = MillraceError<'EVENTSTORE_PUBLISH_FAILED'> & PublishedMany;

/** Publishes events, with one client for all of them. */
export interface EventPublisher {
  /**
   * Resolves when the server has taken the event. Rejects with a WrongRevisionError, or with EVENTSTORE_EVENT_INVALID,
   * EVENTSTORE_STREAM_DELETED, EVENTSTORE_ACCESS_DENIED, EVENTSTORE_UNREACHABLE, EVENTSTORE_OPTIONS or
   * EVENTSTORE_PUBLISH_FAILED.
   */
  publish(event: OutgoingEvent, options?: PublishOptions): Promise<Published>;
  /** Appends all events at once, or none of them. Rejects as `publish` does. */
  publishMany(events: readonly OutgoingEvent[], options?: PublishOptions): Promise<readonly Published[]>;
  /**
   * Appends what an iterable gives, batch after batch; each is appended whole or not at all. An expected revision is
   * that of the first batch, and those that follow expect what the one before has left. Rejects with a
   * PublishFromError, or with EVENTSTORE_OPTIONS before anything is done.
   */
  publishFrom(
    events: AsyncIterable<OutgoingEvent> | Iterable<OutgoingEvent>,
    options?: PublishOptions,
  ): Promise<PublishedMany>;
  /** Waits for what is under way, then lets go of a client of its own. Works twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function isPublishFromError(error: unknown): error is PublishFromError {
  return isMillraceError(error, 'EVENTSTORE_PUBLISH_FAILED') && 'count' in error;
}

export type EventstorePublisherOptions = PublisherSettings & ClientOptions<AppendClient>;

/** Publishes to streams. Connects with the first event. Throws EVENTSTORE_OPTIONS when the options make no sense. */
export function eventstorePublisher(options: EventstorePublisherOptions): EventPublisher {
  const { stream: defaultStream, batches, limits, persistence } = withDefaults(options);
  const client = lazyClient<AppendClient>(options);
  const underway = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  async function track<T>(start: () => Promise<T>): Promise<T> {
    if (closing) {
      throw eventstoreError(
        'EVENTSTORE_OPTIONS',
        'The publisher is closed. Publish before closing it, or make another one.',
      );
    }
    const work = start();
    underway.add(work);
    try {
      return await work;
    } finally {
      underway.delete(work);
    }
  }

  function streamOf({ stream = defaultStream }: PublishOptions): string {
    if (stream !== undefined && stream.trim() !== '') return stream;
    throw eventstoreError(
      'EVENTSTORE_OPTIONS',
      'There is no stream to publish to. Set `stream` when publishing, or for the whole publisher.',
    );
  }

  async function appendAll(
    stream: string,
    prepared: readonly Prepared[],
    expected: ExpectedRevision,
    signal: AbortSignal | undefined,
  ): Promise<bigint> {
    const events = prepared.map(({ event }) => event);
    return append(await client.get(), { stream, expected, events }, persistence, signal);
  }

  async function publishMany(
    events: readonly OutgoingEvent[],
    options: PublishOptions = {},
  ): Promise<readonly Published[]> {
    const stream = streamOf(options);
    const prepared = events.map((event) => prepare(event, limits));
    if (prepared.length === 0) return [];
    const last = await appendAll(stream, prepared, options.expectedRevision ?? 'any', options.signal);
    const first = last - BigInt(prepared.length - 1);
    return prepared.map(({ event }, index) => ({ id: event.id, stream, revision: first + BigInt(index) }));
  }

  async function publishFrom(
    events: AsyncIterable<OutgoingEvent> | Iterable<OutgoingEvent>,
    options: PublishOptions = {},
  ): Promise<PublishedMany> {
    const stream = streamOf(options);
    let expected = options.expectedRevision ?? 'any';
    let revision: bigint | undefined;
    let count = 0;
    try {
      for await (const batch of inBatches(events, batches, limits)) {
        revision = await appendAll(stream, batch, expected, options.signal);
        count += batch.length;
        if (expected === 'noStream' || typeof expected === 'bigint') expected = revision;
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const text = `Publishing to stream "${stream}" broke off after ${count} events: ${reason}`;
      throw Object.assign(eventstoreError('EVENTSTORE_PUBLISH_FAILED', text, cause), {
        stream,
        count,
        revision,
      });
    }
    return { stream, count, revision };
  }

  async function closeOnce(): Promise<void> {
    await Promise.allSettled(underway);
    await client.close();
  }

  const close = () => (closing ??= closeOnce());
  return {
    async publish(event, options) {
      const [published] = await track(() => publishMany([event], options));
      if (published === undefined) throw new TypeError('One event has one result.');
      return published;
    },
    publishMany: (events, options) => track(() => publishMany(events, options)),
    publishFrom: (events, options) => track(() => publishFrom(events, options)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
