/** The payload that the benches send. */
export interface Order {
  readonly number: number;
  readonly customer: string;
  readonly total: number;
}

export const orderPlaced = 'OrderPlaced.shop';

export function createOrder(number: number): Order {
  return { number, customer: 'c-1', total: 12.5 };
}
