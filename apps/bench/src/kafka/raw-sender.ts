import { createOrder, headersOf, keyOf } from './bench-record.ts';
import type { StartSending } from './sender.ts';
import { connect, producerOptions } from './sender.ts';

export const raw: StartSending = async ({ brokers, topic }) => {
  const producer = connect(brokers).producer(producerOptions);
  await producer.connect();

  async function sendMany(numbers: readonly number[]): Promise<void> {
    await producer.send({ topic, messages: numbers.map(messageOf) });
  }

  return { send: (number) => sendMany([number]), sendMany, close: () => producer.disconnect() };
};

function messageOf(number: number) {
  return { key: keyOf(number), value: JSON.stringify(createOrder(number)), headers: headersOf(number) };
}
