/** What the records of the benches hold. */
export interface BenchOrder {
  readonly number: number;
  readonly customer: string;
  readonly total: number;
  readonly note: string;
}

export const eventName = 'OrderPlaced';
export const partitions = 4;

/** Some 300 bytes of JSON. */
export function createOrder(number: number): BenchOrder {
  return { number, customer: keyOf(number), total: 12.5, note: '.'.repeat(240) };
}

/** Of a thousand customers, each of which has all its orders in one partition. */
export function keyOf(number: number): string {
  return `customer-${number % 1_000}`;
}

/** The event's name and its id, as Millrace's publisher writes them. */
export function headersOf(number: number) {
  return { event: eventName, 'event-id': `order-${number}` };
}
