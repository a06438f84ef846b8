import type { OutgoingEvent } from './event.ts';
import type { EventLimits, Prepared } from './prepare.ts';
import { prepare } from './prepare.ts';

/** Prepares events and gathers them, in their order, by number and by bytes. */
export async function* inBatches(
  events: AsyncIterable<OutgoingEvent> | Iterable<OutgoingEvent>,
  { batchSize, batchBytes }: { readonly batchSize: number; readonly batchBytes: number },
  limits: EventLimits,
): AsyncGenerator<readonly Prepared[], void> {
  let batch: Prepared[] = [];
  let bytes = 0;
  for await (const event of events) {
    const prepared = prepare(event, limits);
    if (batch.length > 0 && bytes + prepared.size > batchBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(prepared);
    bytes += prepared.size;
    if (batch.length === batchSize) {
      yield batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
}
