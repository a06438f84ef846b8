import { createConsumer } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import { eventstore } from '@millrace/eventstore';
import {
  authBySecrets,
  createListener,
  httpPubsub,
  parseSecrets,
  standardWebhooks,
  webhook,
  websocketPubsub,
} from '@millrace/http-pubsub';
import { kafka, kafkajsClient } from '@millrace/kafka';
import { clientCredentials, salesforce } from '@millrace/salesforce-streaming';
import { sqs } from '@millrace/sqs-polling';
import { Kafka, logLevel } from 'kafkajs';
import { connection } from '../broker/connection.ts';
import { accountsChannel, creditsChannel } from '../crm/events.ts';
import { category, customsGroup } from '../parcels/events.ts';
import { alarmTopics, paymentsPath, priceTopics, stockTopics } from '../push/events.ts';
import type { TicketsAccess } from '../relay/config.ts';
import { ActivityHandlers } from './activity-handlers.ts';
import type { WorkerConfig } from './config.ts';
import { CrmHandlers, crmOrder } from './crm-handlers.ts';
import { CustomsHandlers } from './customs-handlers.ts';
import type { RowsFor } from './ledger.ts';
import { openLedger } from './ledger.ts';
import { OrderHandlers } from './order-handlers.ts';
import { openTariffs } from './outside-world.ts';
import { ParcelHandlers } from './parcel-handlers.ts';
import { openParcelTable } from './parcel-table.ts';
import { PushHandlers } from './push-handlers.ts';
import { TicketHandlers } from './ticket-handlers.ts';

const config = JSON.parse(process.argv[2] ?? '{}') as WorkerConfig;
const { name, database, endpoint, routes, crm, eventStore, push, tickets, sabotage } = config;

/** How long a message, and the claim on it, stays with a worker that is silent. Short, for the demo. */
const lease = 6_000;

// A worker that is killed loses nothing that it wrote; only a power cut could, and that costs a sync for each row.
const store = sqliteStore({ path: database, durability: 'normal' });
const rowsFor: RowsFor = (eventId) => (eventId !== sabotage?.eventId ? 1 : sabotage.how === 'twice' ? 2 : 0);
const ledger = openLedger(store, name, rowsFor);

const auth = authBySecrets(parseSecrets(process.env['PUSH_SECRETS'] ?? ''));
const listener = createListener({ port: push.port });

/** Partitions of a worker that is killed go to the other one when its session is over. */
function ticketsOf({ brokers, topic }: TicketsAccess) {
  const client = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  return kafka({
    name: 'tickets',
    client: kafkajsClient(client),
    topics: topic,
    group: topic,
    start: 'earliest',
    order: 'key',
    unhandled: 'dead-letter',
    sessionTimeout: lease,
  });
}

const polling = { ...connection(endpoint), visibilityTimeout: lease, waitTime: 2_000 };
const consumer = createConsumer({
  name: 'bookkeeping',
  sources: [
    sqs({ ...polling, name: 'orders', queue: routes.orders.queue, topicArn: routes.orders.topicArn }),
    sqs({ ...polling, name: 'activity', queue: routes.activity.queue, topicArn: routes.activity.topicArn }),
    salesforce({
      name: 'crm',
      auth: clientCredentials({
        loginUrl: crm.url,
        clientId: crm.clientId,
        clientSecret: process.env['CRM_CLIENT_SECRET'] ?? '',
      }),
      channels: [accountsChannel, creditsChannel],
      order: crmOrder,
      start: 'earliest',
      // What can be replayed is passed over when nobody handles it, unless one says so.
      unhandled: 'dead-letter',
    }),
    eventstore({
      name: 'parcels',
      connectionString: eventStore,
      from: { category },
      start: 'earliest',
      unhandled: 'dead-letter',
      resubscribe: { delay: 200 },
    }),
    eventstore({
      name: 'customs',
      connectionString: eventStore,
      mode: 'persistent',
      ...customsGroup,
      // Attempts are counted here: the server parks what it is told to, and nothing by itself.
      settings: { startFrom: 'start', maxRetryCount: 1_000 },
      resubscribe: { delay: 200 },
    }),
    httpPubsub({
      name: 'stock',
      listener,
      publicUrl: push.publicUrl,
      broadcasters: [{ url: push.broadcaster }],
      auth,
      globs: [stockTopics, alarmTopics],
      redelivers: true,
    }),
    websocketPubsub({
      name: 'prices',
      broadcasters: [{ url: push.broadcaster.replace('http:', 'ws:') }],
      auth,
      globs: [priceTopics],
      reconnect: { delay: 200 },
      // Both processes have much else to do while they start.
      timeouts: { open: 30_000 },
    }),
    webhook({
      name: 'payments',
      listener,
      path: paymentsPath,
      verifier: standardWebhooks({ secrets: [process.env['PAYMENTS_SECRET'] ?? ''], dataFrom: 'data' }),
    }),
    ...(tickets ? [ticketsOf(tickets)] : []),
  ],
  handlers: [
    new OrderHandlers(ledger),
    new ActivityHandlers(ledger),
    new CrmHandlers(ledger),
    new ParcelHandlers(ledger, openParcelTable(store.database)),
    new CustomsHandlers(ledger, openTariffs(store.database)),
    new PushHandlers(ledger),
    ...(tickets ? [new TicketHandlers(ledger)] : []),
  ],
  store,
  idempotency: { lease },
  retry: { attempts: 4, delay: 200 },
  timeout: 5_000,
});

// Nobody would be left to stop this process.
process.once('disconnect', () => void consumer.stop({ now: true }));

await Promise.all([consumer.start().then(() => process.send?.('ready')), consumer.run()]);
await listener.close();
store.close();
if (process.connected) process.disconnect();
