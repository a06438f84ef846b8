import type { Message } from '@millrace/core';
import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import type { RetryTopicsOptions } from '../src/index.ts';
import { deadLetterTopic, kafkajsClient, kafkaPublisher, retryTopics } from '../src/index.ts';

const publisher = kafkaPublisher({
  client: kafkajsClient(new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING })),
});

it.each([
  [{ publisher: undefined }, '`publisher` must be'],
  [{ publisher }, '`name` must be a text'],
  [{ publisher, name: 'a', delays: [] }, '`delays` must be a list'],
  [{ publisher, name: 'a', delays: [-1] }, 'numbers of milliseconds'],
  [{ publisher, delays: [{ topic: 'a b', delay: 1 }] }, "a topic's name"],
  [
    {
      publisher,
      delays: [
        { topic: 'a', delay: 1 },
        { topic: 'a', delay: 2 },
      ],
    },
    'a topic of its own',
  ],
  [{ publisher, name: 'a', inPlace: 0 }, '`inPlace` must be'],
])('%# %s is refused', (options, problem) => {
  const make = () => retryTopics(options as RetryTopicsOptions);
  expect(make).toThrow(
    expect.objectContaining({ code: 'KAFKA_OPTIONS', message: expect.stringContaining(problem) }),
  );
});

it('a dead-letter topic needs its parts', () => {
  expect(() => deadLetterTopic({ publisher, topic: 'dead', store: {} as never })).toThrow('`store` must be');
});

it('what is no dead letter is not sent again', () => {
  const retries = retryTopics({ publisher, name: 'billing' });
  expect(retries.topics).toEqual(['billing-retry-1', 'billing-retry-2', 'billing-retry-3']);
  expect(retries.redriven({ headers: {}, type: 'a' } as Message)).toBeUndefined();
});
