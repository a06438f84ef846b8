import 'reflect-metadata';

import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, Payload, ServerKafka } from '@nestjs/microservices';
import type { Kafka } from 'kafkajs';

import type { BenchOrder } from '../bench-record.ts';
import type { StartConsuming } from '../consumer.ts';

/** Nest's own transport, with the client of the bench, which is watched. */
class WatchedTransport extends ServerKafka {
  readonly #kafka: Kafka;

  constructor(kafka: Kafka, groupId: string) {
    super({ postfixId: '', consumer: { groupId }, subscribe: { fromBeginning: true } });
    this.#kafka = kafka;
  }

  override async createClient<T = Kafka>(): Promise<T> {
    return this.#kafka as T;
  }
}

/** As Nest's guide writes it: events are named by their topic. */
export const nest: StartConsuming = async ({ kafka, topic, group, handled }) => {
  @Controller()
  class OrdersController {
    @EventPattern(topic)
    async placed(@Payload() order: object, @Ctx() _context: unknown): Promise<void> {
      handled((order as BenchOrder).number);
    }
  }

  @Module({ controllers: [OrdersController] })
  // oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is its decorator
  class BenchModule {}

  const strategy = new WatchedTransport(kafka, group);
  const application = await NestFactory.createMicroservice(BenchModule, { strategy, logger: false });
  await application.listen();
  return { stop: () => application.close() };
};
