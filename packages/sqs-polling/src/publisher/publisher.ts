import { sqsError } from '../errors.ts';
import type { OutgoingEvent } from './event.ts';
import type { PublisherSettings } from './options.ts';
import { withDefaults } from './options.ts';
import type { Encoding, Prepared } from './prepare.ts';
import { publishAll } from './publish-all.ts';
import type { Published } from './results.ts';
import { assertAllPublished } from './results.ts';
import type { Transport } from './transport.ts';

export interface PublishOptions {
  /** Aborts calls and waits; what is not published by then counts as failed. */
  readonly signal?: AbortSignal | undefined;
}

/** Publishes events, with one client for all of them. */
export interface EventPublisher<Event extends OutgoingEvent = OutgoingEvent> {
  /**
   * Resolves when AWS has taken the event. Rejects with SQS_PUBLISH_FAILED, SQS_EVENT_INVALID,
   * SQS_MESSAGE_TOO_LARGE, SQS_FIFO_KEY_REQUIRED or SQS_PUBLISHER_CLOSED.
   */
  publish(event: Event, options?: PublishOptions): Promise<Published>;
  /**
   * Publishes in batches, in order. Resolves when AWS has taken all of them; rejects with a PublishManyError, which
   * tells of each event what became of it, or with SQS_PUBLISHER_CLOSED.
   */
  publishMany(events: readonly Event[], options?: PublishOptions): Promise<readonly Published[]>;
  /**
   * Asks whether the topic or queue is there, to know it at start and not with the first event. Rejects with
   * SQS_TOPIC_MISSING, SQS_QUEUE_MISSING, SQS_REGION_MISMATCH, or why it could not be asked.
   */
  verify(options?: PublishOptions): Promise<void>;
  /** Waits for what is under way, then lets go of the connections. Works twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function createPublisher<Event extends OutgoingEvent, Message extends Prepared>(
  transport: Transport<Event, Message>,
  settings: PublisherSettings,
): EventPublisher<Event> {
  const { attempted, fifo, maxMessageSize } = transport;
  const { retrying, ...names } = withDefaults(settings);
  const encoding: Encoding = { ...names, fifo, maxMessageSize, destination: attempted.resource };
  const underway = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  async function track<T>(start: () => Promise<T>): Promise<T> {
    if (closing) {
      throw sqsError(
        'SQS_PUBLISHER_CLOSED',
        `The publisher to ${attempted.resource} is closed. Publish before closing it, or make another one.`,
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

  const send = (events: readonly Event[], { signal }: PublishOptions = {}) =>
    track(() => publishAll(events, transport, encoding, retrying, signal));

  async function closeOnce(): Promise<void> {
    await Promise.allSettled(underway);
    transport.close();
  }

  const close = () => (closing ??= closeOnce());
  return {
    async publish(event, options) {
      const [result] = await send([event], options);
      if (result && !result.ok) throw result.error;
      const [published] = assertAllPublished(result ? [result] : []);
      if (published === undefined) throw new TypeError('One event has one result.');
      return published;
    },
    publishMany: async (events, options) => assertAllPublished(await send(events, options)),
    verify: ({ signal } = {}) => track(() => transport.verify(signal)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
