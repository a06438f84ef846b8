import type { KafkaClient, OutgoingEvent } from '@millrace/kafka';
import { kafkajsClient, kafkaPublisher } from '@millrace/kafka';

import { createOrder, eventName, keyOf } from './bench-record.ts';
import type { Sender, StartSending } from './sender.ts';
import { connect } from './sender.ts';

/** As it comes. */
export const millrace: StartSending = async ({ brokers, topic }) =>
  senderBy(kafkajsClient(connect(brokers)), topic);

export const millraceByPlatformatic: StartSending = async ({ brokers, topic }) => {
  const { platformaticClient } = await import('@millrace/kafka/platformatic');
  return senderBy(platformaticClient({ clientId: 'bench', bootstrapBrokers: [...brokers] }), topic);
};

function senderBy(client: KafkaClient, topic: string): Sender {
  const publisher = kafkaPublisher({ client, topic });
  return {
    async send(number) {
      await publisher.publish(eventOf(number));
    },
    async sendMany(numbers) {
      await publisher.publishMany(numbers.map(eventOf));
    },
    close: () => publisher.close(),
  };
}

function eventOf(number: number): OutgoingEvent {
  return { type: eventName, id: `order-${number}`, key: keyOf(number), data: createOrder(number) };
}
