import type { Incoming } from '@millrace/core';

/** The payload that the benches send. */
export interface Order {
  readonly number: number;
  readonly customer: string;
  readonly total: number;
}

export const orderPlaced = 'OrderPlaced.shop';

const headers = Object.freeze({ __proto__: null, event: orderPlaced });

/** An event as an adapter hands it over: received and decoded, so that only dispatch is measured. */
export function incomingOrder(number: number): Incoming {
  return {
    id: `order-${number}`,
    type: orderPlaced,
    data: { number, customer: 'c-1', total: 12.5 } satisfies Order,
    headers,
    raw: '',
    key: undefined,
    deliveryCount: 1,
    native: undefined,
  };
}
