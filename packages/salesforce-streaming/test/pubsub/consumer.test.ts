import type { ConsumerOptions } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import { pubSubEmulator, refusals } from '@millrace/testing/salesforce-pubsub';
import { expect, onTestFinished, test } from 'vitest';
import type { SalesforceOptions } from '../../src/index.ts';
import { clientCredentials, salesforce } from '../../src/index.ts';
import { until } from './support/until.ts';

const orders = '/event/Order__e';

async function setUp() {
  const org = await salesforceEmulator({ channels: { [orders]: {} } });
  onTestFinished(() => org.close());
  const pubsub = await pubSubEmulator(org, {
    managedSubscriptions: [{ developerName: 'Billing', topicName: orders, defaultReplay: 'EARLIEST' }],
  });
  onTestFinished(() => pubsub.close());
  const store: ConsumerOptions['store'] = memoryStore();

  /** A consumer in the place of the one before, with what it kept. */
  async function consume(options: Partial<SalesforceOptions> = {}) {
    const handled: unknown[] = [];
    const { clientId, clientSecret } = org.credentials;
    const consumer = createConsumer({
      name: 'billing',
      store,
      log: silentLogger,
      sources: [
        salesforce({
          auth: clientCredentials({ clientId, clientSecret, loginUrl: org.url }),
          channels: [orders],
          transport: 'pubsub',
          start: 'earliest',
          ...options,
          pubsub: { endpoint: `http://${pubsub.endpoint}`, ...options.pubsub },
        }),
      ],
    });
    consumer.on('Order__e', async ({ data }) => {
      handled.push((data as { readonly N: unknown }).N);
    });
    onTestFinished(() => consumer.stop());
    await consumer.start();
    return { handled, consumer };
  }

  return {
    org,
    pubsub,
    consume,
    publish(...numbers: readonly number[]) {
      for (const number of numbers) org.publish(orders, { N: number });
    },
  };
}

test('handles events, through a broken stream and a revoked token, and goes on after a restart', async () => {
  const { org, pubsub, consume, publish } = await setUp();
  publish(1, 2);
  const first = await consume();
  await until(() => first.handled.length === 2);
  pubsub.endStreams(refusals.unavailable);
  publish(3);
  await until(() => first.handled.length === 3);
  org.revokeTokens();
  publish(4);
  await until(() => first.handled.length === 4);
  await first.consumer.stop();
  publish(5);
  const second = await consume();
  await until(() => second.handled.length === 1);
  expect(first.handled).toEqual([1, 2, 3, 4]);
  expect(second.handled).toEqual([5]);
});

test('a managed subscription keeps the position of what was handled', async () => {
  const { pubsub, consume, publish } = await setUp();
  const options = { pubsub: { managedSubscription: 'Billing' } };
  publish(1, 2, 3);
  const first = await consume(options);
  await until(() => first.handled.length === 3);
  await first.consumer.stop();
  await until(() => pubsub.counters.streams === 0);
  expect(pubsub.managedSubscriptions[0]?.committed).toBeDefined();
  const { delivered } = pubsub.counters;
  publish(4);
  const second = await consume(options);
  await until(() => second.handled.length === 1);
  expect(second.handled).toEqual([4]);
  // It was Salesforce that knew where to go on.
  expect(pubsub.counters.delivered).toBe(delivered + 1);
});
