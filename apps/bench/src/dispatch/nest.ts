import { fileURLToPath } from 'node:url';

import { tsImport } from 'tsx/esm/api';

import type { Contender } from '../measure/contender.ts';
import { orderPlaced } from '../order.ts';
import { dispatchContender } from './contender.ts';
import { decodedFeed, kafkaFeed } from './feed.ts';
import { consume } from './hand-written.ts';
import type { NestMicroservices } from './nest/dispatcher.ts';

// Nest needs the legacy decorators, which Node does not run and the rest of the repository does not use.
const { createMicroservice, createKafkaMicroservice } = (await tsImport(
  new URL('nest/microservice.ts', import.meta.url).href,
  {
    parentURL: import.meta.url,
    tsconfig: fileURLToPath(new URL('nest/tsconfig.json', import.meta.url)),
  },
)) as NestMicroservices;

/** The hand-written loop with Nest between it and the handler. */
export function nest(name: string, batch: number, form: 'documented' | 'bare'): Contender {
  return dispatchContender(name, decodedFeed, async (queue, handled) => {
    const { dispatch, close } = await createMicroservice(form, handled);
    const consumed = consume(queue, batch, (incoming) => dispatch(incoming.type, incoming.data, incoming));
    return { stop: () => consumed.then(close) };
  });
}

/** The same with Nest's Kafka transport, which decodes the message itself. */
export function nestKafka(name: string, batch: number): Contender {
  return dispatchContender(name, kafkaFeed, async (queue, handled) => {
    const { eachMessage, close } = await createKafkaMicroservice(handled);
    const consumed = consume(queue, batch, (message) => eachMessage(orderPlaced, message));
    return { stop: () => consumed.then(close) };
  });
}
