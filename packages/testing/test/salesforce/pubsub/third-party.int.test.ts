import { expect, onTestFinished, test } from 'vitest';
import type { PubSubEmulatorOptions } from '../../../src/salesforce-pubsub.ts';
import { pubSubEmulator, refusals, selfSigned } from '../../../src/salesforce-pubsub.ts';
import { salesforceEmulator } from '../../../src/salesforce.ts';
import { thirdPartyClient } from './support/third-party-client.ts';

const orders = '/event/Order__e';
const contacts = '/data/ContactChangeEvent';

/** An org with fields, its Pub/Sub API by TLS, and the client, which has logged in there. */
async function setUp(options: PubSubEmulatorOptions = {}) {
  const org = await salesforceEmulator({
    channels: {
      [orders]: { fields: { Number__c: { type: 'int', required: true }, Name__c: { type: 'string' } } },
      [contacts]: {},
    },
  });
  onTestFinished(() => org.close());
  const pubsub = await pubSubEmulator(org, { tls: selfSigned(), ...options });
  onTestFinished(() => pubsub.close());
  const { clientId, clientSecret } = org.credentials;
  const client = await thirdPartyClient([`localhost:${pubsub.port}`, org.url, clientId, clientSecret]);
  onTestFinished(() => client.stop());
  const order = (number: number) =>
    Number(org.publish(orders, { Number__c: number, Name__c: 'Grüße 東京' }).replayId);
  return { org, pubsub, client, order };
}

test('gets what there is and what comes, by a real login and TLS', async () => {
  const { client, order, org } = await setUp();
  const first = order(1);
  client.command({ do: 'earliest', topic: orders, count: null });
  await client.saw('event');
  const second = order(2);
  expect(await client.saw('event', 2)).toMatchObject([
    { replayId: first, payload: { Number__c: 1, Name__c: 'Grüße 東京' } },
    { replayId: second, payload: { Number__c: 2 } },
  ]);
  expect(org.counters.logins).toBe(1);
});

test('goes on after a replay id, though it sends only 8 bytes of it', async () => {
  const { client, order } = await setUp();
  const replayId = order(1);
  order(2);
  client.command({ do: 'after', topic: orders, count: null, replayId });
  expect(await client.saw('event')).toMatchObject([{ payload: { Number__c: 2 } }]);
});

test('is told of an invalid replay id by the code in the trailers', async () => {
  const { client, org, order } = await setUp();
  const replayId = order(1);
  org.deleteEvents(orders);
  client.command({ do: 'after', topic: orders, count: null, replayId });
  expect(await client.saw('error')).toMatchObject([
    { code: 'sfdc.platform.eventbus.grpc.subscription.fetch.replayid.corrupted' },
  ]);
});

test('is told of a topic that there is not', async () => {
  const { client } = await setUp();
  client.command({ do: 'subscribe', topic: '/event/Missing__e', count: null });
  expect(await client.saw('error')).toMatchObject([{ text: expect.stringContaining('NOT_FOUND') }]);
});

test('is told that its token was revoked with the next event, and gives up', async () => {
  const { client, order, org } = await setUp();
  client.command({ do: 'earliest', topic: orders, count: null });
  order(1);
  await client.saw('event');
  org.revokeTokens();
  order(2);
  expect(await client.saw('error')).toMatchObject([
    { code: 'sfdc.platform.eventbus.grpc.service.auth.error' },
  ]);
  await client.saw('end');
});

test('reads the fields that a change event names', async () => {
  const { client, org } = await setUp();
  org.log.change([
    {
      entityName: 'Contact',
      changeType: 'UPDATE',
      fields: { Email: 'ada@example.com', Name: { FirstName: 'Ada', LastName: 'Lovelace' } },
      nulledFields: ['Phone'],
      changedFields: ['Email', 'Phone', 'Name.LastName'],
    },
  ]);
  client.command({ do: 'earliest', topic: contacts, count: 1 });
  expect(await client.saw('event')).toMatchObject([
    {
      payload: {
        ChangeEventHeader: {
          entityName: 'Contact',
          changedFields: ['Email', 'Phone', 'Name.LastName'],
          nulledFields: ['Phone'],
        },
      },
    },
  ]);
});

test('gets as many events as it asks for, and signs of life while it waits for more', async () => {
  const { client, order, pubsub } = await setUp({ keepAlive: 50 });
  order(1);
  order(2);
  order(3);
  client.command({ do: 'earliest', topic: orders, count: 2 });
  await client.saw('lastEvent');
  expect(pubsub.counters).toMatchObject({ delivered: 2, requested: 2 });
  client.command({ do: 'subscribe', topic: contacts, count: 10 });
  await client.saw('grpcKeepAlive', 2);
});

test('publishes', async () => {
  const { client, org } = await setUp();
  client.command({
    do: 'publish',
    topic: orders,
    fields: { CreatedDate: 0, CreatedById: '005000000000001AAA', Number__c: 7, Name__c: { string: 'seven' } },
  });
  await client.saw('published');
  expect(org.log.after(orders, -2n)).toMatchObject([{ fields: { Number__c: 7, Name__c: 'seven' } }]);
});

test('is told of a server that is unavailable, and of too many clients', async () => {
  const { client, pubsub } = await setUp();
  pubsub.refuseNext('Subscribe', refusals.unavailable);
  client.command({ do: 'subscribe', topic: orders, count: null });
  expect(await client.saw('error')).toMatchObject([
    { code: 'sfdc.platform.eventbus.grpc.service.unavailable' },
  ]);
  pubsub.refuseNext('Subscribe', refusals.clients);
  client.command({ do: 'subscribe', topic: contacts, count: null });
  expect(await client.saw('error', 2)).toMatchObject([
    {},
    { code: 'sfdc.platform.eventbus.grpc.concurrent.client.limit.exceeded' },
  ]);
});
