import type { Clock } from '@millrace/core';
import type { ResolvedEvent } from '../client.ts';
import { eventstoreError } from '../errors.ts';
import { failureOf } from '../failure.ts';

/**
 * Reads a page to its end. One that is left early stays open at the server: the clients have no way to end a read. So
 * pages are small and read whole, and whoever loops over events can leave at any of them.
 */
export async function readPage(
  read: () => AsyncIterable<ResolvedEvent>,
  { clock, timeout, what }: { readonly clock: Clock; readonly timeout: number; readonly what: string },
  signal: AbortSignal | undefined,
): Promise<readonly ResolvedEvent[]> {
  signal?.throwIfAborted();
  const page = Promise.withResolvers<readonly ResolvedEvent[]>();
  const abort = () => page.reject(signal?.reason);
  const cancel = clock.setTimeout(
    () =>
      page.reject(
        eventstoreError(
          'EVENTSTORE_UNREACHABLE',
          `Reading ${what} got no answer within ${timeout} ms. Is the server well, and the connection not full?`,
        ),
      ),
    timeout,
  );
  signal?.addEventListener('abort', abort, { once: true });
  collect(read).then(page.resolve, page.reject);
  try {
    return await page.promise;
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
  }
}

async function collect(read: () => AsyncIterable<ResolvedEvent>): Promise<readonly ResolvedEvent[]> {
  const events: ResolvedEvent[] = [];
  try {
    for await (const event of read()) events.push(event);
  } catch (error) {
    throw failureOf(error).error;
  }
  return events;
}
