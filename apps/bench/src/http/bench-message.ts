export interface BenchMessage {
  readonly number: number;
  readonly customer: string;
  readonly total: number;
  readonly note: string;
}

export const topic = 'orders/placed';

/** Some 250 bytes of JSON. */
export function createMessage(number: number): Buffer {
  const message: BenchMessage = { number, customer: 'c-1', total: 12.5, note: '.'.repeat(190) };
  return Buffer.from(JSON.stringify(message));
}
