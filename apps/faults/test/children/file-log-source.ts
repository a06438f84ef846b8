import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import type { Demand, Incoming, Source, SourceContext } from '@millrace/core';
import { toPosition } from '@millrace/core';
import type { LogConfig } from '../support/worker-messages.ts';

/** Reads events in the order of their positions, and leaves a trace of who read what, under which ownership. */
export function fileLogSource({ path, exclusive }: LogConfig, worker: string, fence: () => number): Source {
  return {
    name: 'orders',
    capabilities: {
      settle: 'none',
      redelivery: 'none',
      deliveryCount: 'none',
      order: 'perChannel',
      position: 'opaque',
      replay: 'all',
      exclusive,
      settleBatch: { size: 10, linger: 0 },
    },
    settings: { start: 'earliest', concurrency: 4, prefetch: 8 },
    async open(context) {
      const database = new DatabaseSync(path);
      database.exec('PRAGMA busy_timeout = 5000');
      return {
        receive: (demand) => receive(database, context, demand),
        settle: () => Promise.resolve(),
        async close() {
          if (database.isOpen) database.close();
        },
      };
    },
  };

  async function* receive(database: DatabaseSync, context: SourceContext, demand: Demand) {
    const select = database.prepare(
      'SELECT position, id FROM events WHERE position > ? ORDER BY position LIMIT ?',
    );
    const trace = database.prepare('INSERT INTO reads (worker, fence, position) VALUES (?, ?, ?)');
    const start = await context.start('');
    let last = typeof start === 'object' && 'after' in start ? Number(start.after) : 0;
    while (!context.signal.aborted) {
      const room = await demand.reserve(4);
      if (room === 0) return;
      const rows = select.all(last, room);
      demand.cancel(room - rows.length);
      context.fetched();
      if (rows.length === 0) {
        await setTimeout(20);
        continue;
      }
      last = Number(rows.at(-1)?.['position']);
      trace.run(worker, fence(), last);
      yield rows.map(({ id, position }): Incoming => ({
        id: String(id),
        type: 'Order',
        data: {},
        raw: '{}',
        headers: {},
        position: toPosition(String(position)),
      }));
    }
  }
}
