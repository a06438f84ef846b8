import { kafkaError } from '../errors.ts';
import { kafkajsAdmin } from './kafkajs-admin.ts';
import type { KafkajsLike } from './kafkajs-like.ts';
import { createKafkajsMember } from './kafkajs-member.ts';
import { kafkajsProducer } from './kafkajs-producer.ts';
import type { KafkaClient } from './port.ts';

/**
 * The client port on `kafkajs`: `kafkajsClient(new Kafka({ brokers, ssl, sasl }))`. Two members of one group in a process
 * must not share a Kafka, which would mix up their offsets: give a function that makes one, then each gets its own.
 */
export function kafkajsClient(kafka: KafkajsLike | (() => KafkajsLike)): KafkaClient {
  const shared = typeof kafka === 'function' ? undefined : kafka;
  const get = typeof kafka === 'function' ? kafka : () => kafka;
  if (typeof kafka !== 'function' && typeof kafka?.consumer !== 'function') {
    throw kafkaError(
      'KAFKA_OPTIONS',
      'kafkajsClient takes a Kafka of "kafkajs", or a function that makes one: kafkajsClient(new Kafka({ brokers })).',
    );
  }
  /** Groups that have a member on the Kafka that is shared. */
  const groups = new Set<string>();

  return {
    supports: { staticMembership: false },
    member(options) {
      const { group } = options;
      if (shared && groups.has(group)) {
        throw kafkaError(
          'KAFKA_GROUP_SHARED',
          `Two members of group "${group}" share one Kafka of kafkajs, which keeps the offsets of both in one place. Give each source a group of its own, or make the client with a function: kafkajsClient(() => new Kafka({ … })).`,
        );
      }
      groups.add(group);
      return createKafkajsMember(get(), options, () => groups.delete(group));
    },
    admin: () => kafkajsAdmin(get()),
    producer: (options) => kafkajsProducer(get(), options),
  };
}
