import { createConsumer } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import { sqs } from '@millrace/sqs-polling';
import { connection } from '../broker/connection.ts';
import { ActivityHandlers } from './activity-handlers.ts';
import type { WorkerConfig } from './config.ts';
import type { RowsFor } from './ledger.ts';
import { openLedger } from './ledger.ts';
import { OrderHandlers } from './order-handlers.ts';

const { name, database, endpoint, routes, sabotage } = JSON.parse(process.argv[2] ?? '{}') as WorkerConfig;

/** How long a message, and the claim on it, stays with a worker that is silent. Short, for the demo. */
const lease = 6_000;

// A worker that is killed loses nothing that it wrote; only a power cut could, and that costs a sync for each row.
const store = sqliteStore({ path: database, durability: 'normal' });
const rowsFor: RowsFor = (eventId) => (eventId !== sabotage?.eventId ? 1 : sabotage.how === 'twice' ? 2 : 0);
const ledger = openLedger(store, name, rowsFor);

const polling = { ...connection(endpoint), visibilityTimeout: lease, waitTime: 2_000 };
const consumer = createConsumer({
  name: 'bookkeeping',
  sources: [
    sqs({ ...polling, name: 'orders', queue: routes.orders.queue, topicArn: routes.orders.topicArn }),
    sqs({ ...polling, name: 'activity', queue: routes.activity.queue, topicArn: routes.activity.topicArn }),
  ],
  handlers: [new OrderHandlers(ledger), new ActivityHandlers(ledger)],
  store,
  idempotency: { lease },
  retry: { attempts: 4, delay: 200 },
  timeout: 5_000,
});

// Nobody would be left to stop this process.
process.once('disconnect', () => void consumer.stop({ now: true }));

await Promise.all([consumer.start().then(() => process.send?.('ready')), consumer.run()]);
store.close();
if (process.connected) process.disconnect();
