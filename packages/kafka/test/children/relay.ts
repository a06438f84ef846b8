import { createConsumer, relay, silentLogger } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import { clientCredentials, salesforce } from '@millrace/salesforce-streaming';
import { kafkaPublisher } from '../../src/index.ts';
import type { ClientName } from '../support/client-of.ts';
import { clientOf } from '../support/client-of.ts';

/** Relays a channel of a Salesforce org into a topic, if it is the one that may, until it is told to stop or killed. */
const [library = '', broker = '', topic = '', loginUrl = '', clientId = '', clientSecret = '', path = ''] =
  process.argv.slice(2);
const source = salesforce({
  auth: clientCredentials({ loginUrl, clientId, clientSecret }),
  channels: ['/event/Order__e'],
  name: 'orders',
  start: 'earliest',
});
const publisher = kafkaPublisher({ client: clientOf(library as ClientName, [broker]), topic });
const store = sqliteStore({ path, durability: 'normal' });
const consumer = createConsumer({
  name: 'relay',
  sources: [source],
  handlers: [relay({ from: source, to: publisher })],
  store,
  idempotency: { lease: 400 },
  markers: { every: 5, interval: 20 },
  log: silentLogger,
});
await consumer.run();
await publisher.close();
store.close();
process.disconnect();
