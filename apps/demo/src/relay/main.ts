import { createConsumer, relay } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import { kafkaPublisher, kafkajsClient } from '@millrace/kafka';
import { clientCredentials, salesforce } from '@millrace/salesforce-streaming';
import { Kafka, logLevel } from 'kafkajs';
import type { RelayConfig } from './config.ts';
import { ticketsChannel } from './tickets.ts';

/** Carries what the service desk tells into a topic, if it is the one that may, until it is told to stop or killed. */
const config = JSON.parse(process.argv[2] ?? '{}') as RelayConfig;
const { database, url, clientId, tickets } = config;

const store = sqliteStore({ path: database, durability: 'normal' });
const kafka = new Kafka({ brokers: [...tickets.brokers], logLevel: logLevel.NOTHING });
const publisher = kafkaPublisher({ client: kafkajsClient(kafka), topic: tickets.topic });
const desk = salesforce({
  name: 'desk',
  auth: clientCredentials({
    loginUrl: url,
    clientId,
    clientSecret: process.env['DESK_CLIENT_SECRET'] ?? '',
  }),
  channels: [ticketsChannel],
  start: 'earliest',
});

let isOwner = false;

const consumer = createConsumer({
  name: 'relay',
  sources: [desk],
  handlers: [
    relay({
      from: desk,
      to: publisher,
      event({ type, id, data, time }) {
        if (!isOwner) process.send?.('relaying');
        isOwner = true;
        return { type, id, data, time, key: (data as { readonly Order__c: string }).Order__c };
      },
    }),
  ],
  store,
  // How long the other relay waits for one that is silent. Short, for the demo.
  idempotency: { lease: 3_000 },
  markers: { every: 10, interval: 100 },
});

// Nobody would be left to stop this process.
process.once('disconnect', () => void consumer.stop({ now: true }));

await Promise.all([consumer.start().then(() => process.send?.('ready')), consumer.run()]);
await publisher.close();
store.close();
if (process.connected) process.disconnect();
