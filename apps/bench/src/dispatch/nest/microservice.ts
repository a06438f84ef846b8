import 'reflect-metadata';

import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { BaseRpcContext, Ctx, EventPattern, Payload, Server } from '@nestjs/microservices';

import type { Order } from '../order.ts';
import { orderPlaced } from '../order.ts';
import type { CreateNestDispatcher } from './dispatcher.ts';

type Handled = (number: number) => void;

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

export const createNestDispatcher: CreateNestDispatcher = async (form, handled) => {
  @Module({
    controllers: [form === 'bare' ? BareController : DocumentedController],
    providers: [{ provide: 'handled', useValue: handled }],
  })
  // oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is its decorator
  class BenchModule {}

  const transport = new BenchTransport();
  const application = await NestFactory.createMicroservice(BenchModule, {
    strategy: transport,
    logger: false,
  });
  await application.listen();
  return {
    dispatch: (pattern, data, message) =>
      transport.handleEvent(pattern, { pattern, data }, new BaseRpcContext([message])),
    close: () => application.close(),
  };
};
