import type { Demand, Incoming, SourceContext } from '@millrace/core';
import type { Connection } from './connections.ts';

/** Reads whenever there is room and something to read, until the source stops or the connection breaks. */
export async function* receive(
  demand: Demand,
  {
    batch,
    context,
    connection,
    read,
  }: {
    readonly batch: number;
    readonly context: Pick<SourceContext, 'signal' | 'fetched'>;
    readonly connection: Connection;
    /** At most `max` that are to be delivered now. */
    readonly read: (max: number) => readonly Incoming[];
  },
): AsyncIterable<readonly Incoming[]> {
  for (;;) {
    const room = await demand.reserve(batch);
    if (room === 0) return;
    const messages = await next(room);
    demand.cancel(room - messages.length);
    if (messages.length === 0) return;
    context.fetched();
    yield messages;
  }

  async function next(max: number): Promise<readonly Incoming[]> {
    for (;;) {
      if (context.signal.aborted) return [];
      const messages = read(max);
      if (messages.length > 0) return messages;
      await connection.change();
    }
  }
}
