import { systemClock, toPosition } from '@millrace/core';
import { kafkaError } from '../errors.ts';
import type { OutgoingEvent, Published } from './event.ts';
import type { KafkaPublisherOptions } from './options.ts';
import { checkPublisher } from './options.ts';
import { createOutbox } from './outbox.ts';
import type { Prepared } from './prepare.ts';
import { prepare } from './prepare.ts';
import { createSender } from './sender.ts';

export interface PublishOptions {
  /** Ends the waiting. An event that is under way may still be published. */
  readonly signal?: AbortSignal | undefined;
}

/** Publishes events, with one producer for all of them. */
export interface KafkaPublisher {
  /**
   * Resolves when the broker has taken the event as `acks` says. Events published in turn keep their order in a partition.
   * Rejects with KAFKA_EVENT_INVALID, KAFKA_MESSAGE_TOO_LARGE, KAFKA_TOPIC_MISSING, KAFKA_ACCESS_DENIED,
   * KAFKA_UNREACHABLE (it may have been published), KAFKA_REQUEST_FAILED, KAFKA_PUBLISHER_CLOSED or KAFKA_OPTIONS.
   */
  publish(event: OutgoingEvent, options?: PublishOptions): Promise<Published>;
  /**
   * Publishes in batches, in order. Checks all events before it sends any. When it rejects, as `publish` does, some of them
   * may have been published.
   */
  publishMany(events: readonly OutgoingEvent[], options?: PublishOptions): Promise<readonly Published[]>;
  /** Waits for what is under way, then disconnects. Works twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Publishes to topics. Connects with the first event. Throws KAFKA_OPTIONS. */
export function kafkaPublisher(options: KafkaPublisherOptions): KafkaPublisher {
  const settings = checkPublisher(options);
  const sender = createSender(settings);
  const outbox = createOutbox(sender.send, settings.maxMessageBytes);
  let closing: Promise<void> | undefined;

  async function publishMany(
    events: readonly OutgoingEvent[],
    { signal }: PublishOptions,
  ): Promise<readonly Published[]> {
    if (closing) {
      throw kafkaError(
        'KAFKA_PUBLISHER_CLOSED',
        'The publisher is closed. Publish before closing it, or make another one.',
      );
    }
    signal?.throwIfAborted();
    const now = systemClock.now();
    const prepared = events.map((event) => prepare(event, settings, now));
    const placed = outbox.add(prepared);
    const places = await (signal ? orAborted(placed, signal) : placed);
    return prepared.map((event, index) => toPublished(event, places[index]));
  }

  async function closeOnce(): Promise<void> {
    await outbox.idle();
    await sender.close();
  }

  const close = () => (closing ??= closeOnce());
  return {
    async publish(event, publishOptions = {}) {
      const [published] = await publishMany([event], publishOptions);
      if (published === undefined) throw new TypeError('One event has one result.');
      return published;
    },
    publishMany: (events, publishOptions = {}) => publishMany(events, publishOptions),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toPublished(
  { id, topic }: Prepared,
  place: { readonly partition: number; readonly offset: bigint | undefined } | undefined,
): Published {
  const { partition = -1, offset } = place ?? {};
  return {
    id,
    topic,
    partition,
    offset,
    position: offset === undefined ? undefined : toPosition(String(offset)),
  };
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
