import type { OutgoingEvent } from '@millrace/kafka';
import { kafkajsClient, kafkaPublisher } from '@millrace/kafka';

import { createOrder, eventName, keyOf } from './bench-record.ts';
import type { StartSending } from './sender.ts';
import { connect } from './sender.ts';

/** As it comes. */
export const millrace: StartSending = async ({ brokers, topic }) => {
  const publisher = kafkaPublisher({ client: kafkajsClient(connect(brokers)), topic });
  return {
    async send(number) {
      await publisher.publish(eventOf(number));
    },
    async sendMany(numbers) {
      await publisher.publishMany(numbers.map(eventOf));
    },
    close: () => publisher.close(),
  };
};

function eventOf(number: number): OutgoingEvent {
  return { type: eventName, id: `order-${number}`, key: keyOf(number), data: createOrder(number) };
}
