import { isMillraceError } from '@millrace/core';
import type { KafkaProducer, SentRecord } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import type { Send } from './outbox.ts';
import type { PublisherSettings } from './options.ts';
import type { Prepared } from './prepare.ts';

export interface Sender {
  readonly send: Send;
  close(): Promise<void>;
}

/** Sends with one producer, and with another one after a failure. */
export function createSender({ client, ...options }: PublisherSettings): Sender {
  let producer: Promise<KafkaProducer> | undefined;

  async function send(topic: string, events: readonly Prepared[]): Promise<readonly SentRecord[]> {
    const current = (producer ??= client.producer(options));
    try {
      const connected = await current;
      return await connected.send(
        topic,
        events.map(({ record }) => record),
      );
    } catch (error) {
      // Whether it was written is not known to a client, which would give its numbers to what comes next. The broker would
      // take that for a repetition, and drop it.
      producer = undefined;
      await current.then((failed) => failed.close()).catch(() => {});
      throw error;
    }
  }

  return {
    async send(topic, events) {
      try {
        return await send(topic, events);
      } catch (error) {
        if (!isMillraceError(error, 'KAFKA_MESSAGE_TOO_LARGE') || events.length === 1) throw error;
        return await apart(send, topic, events);
      }
    },
    async close() {
      const current = producer;
      producer = undefined;
      await current?.then((connected) => connected.close()).catch(() => {});
    },
  };
}

/** The broker takes less than was thought: of a batch that is too large the parts need not be. */
async function apart(send: Send, topic: string, events: readonly Prepared[]): Promise<readonly SentRecord[]> {
  const places: SentRecord[] = [];
  for (const event of events) {
    const [place] = await send(topic, [event]);
    if (place === undefined)
      throw kafkaError('KAFKA_REQUEST_FAILED', 'The broker did not say where it put an event.');
    places.push(place);
  }
  return places;
}
