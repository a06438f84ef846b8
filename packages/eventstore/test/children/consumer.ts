import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConsumer, silentLogger } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import { eventstore } from '../../src/index.ts';

/** Consumes until it is told to stop, or killed, and says of each event that it has handled it. */
const [mode, connectionString = '', path = ''] = process.argv.slice(2);
const say: (message: object) => Promise<void> = promisify((message: object, done: (error: unknown) => void) =>
  process.send?.(message, undefined, undefined, done),
);
const store = sqliteStore({ path, durability: 'normal' });
const common = { connectionString, resubscribe: { delay: 5, maxDelay: 50 } } as const;
const source =
  mode === 'persistent'
    ? eventstore({
        ...common,
        mode,
        from: { stream: 'orders' },
        group: 'billing',
        settings: { startFrom: 'start' },
        concurrency: 4,
      })
    : eventstore({
        ...common,
        from: { category: 'order' },
        start: 'earliest',
        exclusive: false,
        concurrency: 4,
      });
const consumer = createConsumer({
  name: 'billing',
  sources: [source],
  store,
  idempotency: { lease: 300 },
  markers: { every: 5, interval: 20 },
  log: silentLogger,
});
consumer.on('*', async ({ data, key = '' }) => {
  await setImmediate();
  // Said before it counts as done: what is killed in between is handled again, never left out.
  await say({ n: (data as { readonly n: number }).n, key });
});
await consumer.run();
store.close();
process.disconnect();
