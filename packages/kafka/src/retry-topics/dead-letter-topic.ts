import type { DeadLetter, DeadLetterStore } from '@millrace/core';
import { topicName, wrongOption } from '../check-options.ts';
import type { OutgoingEvent } from '../publisher/event.ts';
import type { KafkaPublisher } from '../publisher/publisher.ts';
import { withDeadFacts } from './dead-headers.ts';

export interface DeadLetterTopicOptions {
  readonly publisher: KafkaPublisher;
  readonly topic: string;
  /** Keeps the letters as well, so that they can be listed, edited and redriven from there. */
  readonly store: DeadLetterStore;
}

/**
 * A dead-letter store that publishes each letter to a topic as well: with its payload as it was received, its key and
 * headers, and `millrace-dead-…` headers that say why, after how many attempts and from where. Throws KAFKA_OPTIONS.
 */
export function deadLetterTopic({ publisher, topic, store }: DeadLetterTopicOptions): DeadLetterStore {
  if (typeof publisher?.publishMany !== 'function')
    throw wrongOption('`publisher` must be a kafkaPublisher.');
  if (typeof store?.putMany !== 'function') throw wrongOption('`store` must be a dead-letter store.');
  topicName('topic', topic);
  return {
    async putMany(letters) {
      await publisher.publishMany(letters.map((letter) => ({ ...toEvent(letter), topic })));
      await store.putMany(letters);
    },
    get: (id) => store.get(id),
    list: (query, page) => store.list(query, page),
    removeMany: (ids) => store.removeMany(ids),
    purge: (query) => store.purge(query),
  };
}

function toEvent(letter: DeadLetter): OutgoingEvent {
  const { message } = letter;
  const tombstone = message.data === null && message.raw === '';
  return {
    id: letter.id,
    type: message.type === '' ? 'unnamed' : message.type,
    key: message.key,
    headers: withDeadFacts(letter),
    data: tombstone ? null : Buffer.from(message.raw),
  };
}
