import 'reflect-metadata';

import { ClientKafka } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';

import { createOrder, headersOf, keyOf } from './bench-record.ts';
import type { StartSending } from './sender.ts';
import { producerOptions } from './sender.ts';

/** `emit` and `emitBatch` of Nest's own client. */
export const nest: StartSending = async ({ brokers, topic }) => {
  const client = new ClientKafka({
    client: { brokers: [...brokers] },
    producer: producerOptions,
    producerOnlyMode: true,
  });
  await client.connect();
  return {
    async send(number) {
      await lastValueFrom(client.emit(topic, messageOf(number)));
    },
    async sendMany(numbers) {
      await lastValueFrom(client.emitBatch(topic, { messages: numbers.map(messageOf) }));
    },
    close: () => client.close(),
  };
};

function messageOf(number: number) {
  return { key: keyOf(number), value: createOrder(number), headers: headersOf(number) };
}
