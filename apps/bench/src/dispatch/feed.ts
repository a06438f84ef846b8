import type { Incoming } from '@millrace/core';

import type { Order } from '../order.ts';
import { createOrder, orderPlaced } from '../order.ts';

/** What lies in the memory queue, and what has to be done to it before a handler can have it. */
export interface Feed<Item> {
  create(number: number): Item;
  numberOf(item: Item): number;
  /** The payload alone: all that a hand-written handler needs. */
  payload(item: Item): Order;
  /** What an adapter makes of a batch. */
  decode(batch: readonly Item[]): readonly Incoming[];
  /** The way back from what `decode` made. */
  itemOf(incoming: Incoming): Item;
}

const headers = Object.freeze({ __proto__: null, event: orderPlaced });

/** Messages decoded beforehand, so that nothing but dispatch is measured. */
export const decodedFeed: Feed<Incoming> = {
  create: (number) => ({
    id: `order-${number}`,
    type: orderPlaced,
    data: createOrder(number),
    headers,
    raw: '',
    key: undefined,
    deliveryCount: 1,
    native: undefined,
  }),
  numberOf: ({ data }) => (data as Order).number,
  payload: ({ data }) => data as Order,
  decode: (batch) => batch,
  itemOf: (incoming) => incoming,
};

/** A message as a Kafka client hands it over. */
export interface KafkaMessage {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: { readonly event: Buffer };
  readonly offset: string;
  readonly timestamp: string;
  readonly attributes: number;
}

/** Messages as bytes: what stands between a Kafka client and the handler, without the client. */
export const kafkaFeed: Feed<KafkaMessage> = {
  create: (number) => ({
    key: Buffer.from('c-1'),
    value: Buffer.from(JSON.stringify(createOrder(number))),
    headers: { event: Buffer.from(orderPlaced) },
    offset: String(number),
    timestamp: '1700000000000',
    attributes: 0,
  }),
  numberOf: ({ offset }) => Number(offset),
  payload: ({ value }) => JSON.parse(value.toString()) as Order,
  decode: (batch) =>
    batch.map((message) => ({
      id: `orders/0/${message.offset}`,
      type: message.headers.event.toString(),
      data: JSON.parse(message.value.toString()),
      headers: { __proto__: null, event: message.headers.event.toString() },
      raw: message.value,
      key: message.key.toString(),
      deliveryCount: 1,
      time: new Date(Number(message.timestamp)),
      native: message,
    })),
  itemOf: ({ native }) => native as KafkaMessage,
};
