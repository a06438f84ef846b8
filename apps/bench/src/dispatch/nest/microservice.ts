import 'reflect-metadata';

import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { BaseRpcContext, Ctx, EventPattern, Payload, Server, ServerKafka } from '@nestjs/microservices';

import type { Order } from '../../order.ts';
import { orderPlaced } from '../../order.ts';
import type { NestMicroservices } from './dispatcher.ts';

type Handled = (number: number) => void;

/** As Nest's guide writes it: `@Payload()` and `@Ctx()`. */
@Controller()
class DocumentedController {
  constructor(@Inject('handled') private readonly handled: Handled) {}

  @EventPattern(orderPlaced)
  async placed(@Payload() order: Order, @Ctx() _context: unknown): Promise<void> {
    this.handled(order.number);
  }
}

/** Without parameter decorators Nest passes payload and context on with less work. */
@Controller()
class BareController {
  constructor(@Inject('handled') private readonly handled: Handled) {}

  @EventPattern(orderPlaced)
  async placed(order: Order): Promise<void> {
    this.handled(order.number);
  }
}

/** A transport that does nothing: the bench calls `handleEvent`, as every transport of Nest does for an event. */
class BenchTransport extends Server implements CustomTransportStrategy {
  listen(listening: () => void): void {
    listening();
  }
  close(): void {}
  on(): void {}
  unwrap(): never {
    throw new Error('There is no client underneath.');
  }
}

/** Nest's own, never connected: the bench calls what it gives its client as `eachMessage`. */
class UnconnectedKafkaTransport extends ServerKafka {
  override async listen(listening: () => void): Promise<void> {
    listening();
  }
  override async close(): Promise<void> {}
}

async function start(
  strategy: CustomTransportStrategy,
  controller: new (handled: Handled) => object,
  handled: Handled,
) {
  @Module({ controllers: [controller], providers: [{ provide: 'handled', useValue: handled }] })
  // oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is its decorator
  class BenchModule {}

  const application = await NestFactory.createMicroservice(BenchModule, { strategy, logger: false });
  await application.listen();
  return { close: () => application.close() };
}

export const createMicroservice: NestMicroservices['createMicroservice'] = async (form, handled) => {
  const transport = new BenchTransport();
  return {
    ...(await start(transport, form === 'bare' ? BareController : DocumentedController, handled)),
    dispatch: (pattern, data, message) =>
      transport.handleEvent(pattern, { pattern, data }, new BaseRpcContext([message])),
  };
};

export const createKafkaMicroservice: NestMicroservices['createKafkaMicroservice'] = async (handled) => {
  const transport = new UnconnectedKafkaTransport({});
  const heartbeat = async () => {};
  const pause = () => () => {};
  return {
    ...(await start(transport, DocumentedController, handled)),
    eachMessage: (topic, message) =>
      transport.handleMessage({ topic, partition: 0, message: { ...message }, heartbeat, pause }),
  };
};
