/** What the events of the benches hold. */
export interface BenchEvent {
  readonly number: number;
  readonly customer: string;
  readonly total: number;
  readonly note: string;
}

export const eventType = 'OrderPlaced';

/** Some 250 bytes of JSON, and a metadata of one field. */
export function createEvent(number: number) {
  const data: BenchEvent = { number, customer: 'c-1', total: 12.5, note: '.'.repeat(190) };
  return { type: eventType, data, metadata: { correlation: 'c-1' } };
}
