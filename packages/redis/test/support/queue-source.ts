import type { Demand, Incoming, SettleFailure, Settlement, Source, SourceContext } from '@millrace/core';

/** A queue of numbered events in memory: hands out, takes back, and remembers what it was told. */
export interface QueueSource extends Source {
  readonly acknowledged: readonly string[];
  /** Ids settled as dead. */
  readonly dead: readonly string[];
}

export function queueSource(count: number): QueueSource {
  const backlog = Array.from({ length: count }, (_, index) => event(`event-${index}`));
  const acknowledged: string[] = [];
  const dead: string[] = [];
  let wake = () => {};

  function putBack(incoming: Incoming): void {
    backlog.push(incoming);
    wake();
  }

  async function* receive(
    { signal, fetched }: SourceContext,
    demand: Demand,
  ): AsyncIterable<readonly Incoming[]> {
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      const room = await demand.reserve(10);
      if (room === 0) return;
      while (backlog.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      const batch = backlog.splice(0, room);
      demand.cancel(room - batch.length);
      fetched();
      if (batch.length > 0) yield batch;
    }
  }

  async function settle(settlements: readonly Settlement[]): Promise<readonly SettleFailure[]> {
    for (const { outcome, incoming, ...rest } of settlements) {
      if (outcome === 'done') acknowledged.push(incoming.id);
      else if (outcome === 'dead') dead.push(incoming.id);
      else setTimeout(() => putBack(incoming), 'delay' in rest ? rest.delay : 0);
    }
    return [];
  }

  return {
    name: 'queue',
    settings: { concurrency: 8 },
    capabilities: {
      settle: 'ack+nack',
      redelivery: 'delayed',
      maxRetryDelay: 43_200_000,
      deliveryCount: 'none',
      order: 'none',
      position: 'none',
      replay: 'none',
      exclusive: false,
      lease: { milliseconds: 600_000, maximum: 43_200_000 },
      settleBatch: { size: 10, linger: 0 },
    },
    acknowledged,
    dead,
    open: async (context) => ({
      receive: (demand) => receive(context, demand),
      settle,
      close: async () => {},
    }),
  };
}

function event(id: string): Incoming {
  return { id, type: 'Counted', data: { id }, headers: {}, raw: JSON.stringify({ id }) };
}
