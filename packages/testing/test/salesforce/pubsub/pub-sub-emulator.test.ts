import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../src/manual-clock.ts';
import { pubSubEmulator } from '../../../src/salesforce-pubsub.ts';
import { salesforceEmulator } from '../../../src/salesforce.ts';
import { rawClient } from './support/raw-client.ts';

const orders = '/event/Order__e';
const code = (name: string) => `sfdc.platform.eventbus.grpc.${name}`;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(2);
}

async function setUp(options: { readonly concurrentClients?: number } = {}) {
  const clock = manualClock();
  const org = await salesforceEmulator({
    clock,
    channels: { [orders]: {}, '/topic/Open': {}, '/u/notices': {} },
  });
  onTestFinished(() => org.close());
  const pubsub = await pubSubEmulator(org, { clock, ...options });
  onTestFinished(() => pubsub.close());
  const { clientId, clientSecret } = org.credentials;
  const login = await fetch(`${org.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  const { access_token: accesstoken } = (await login.json()) as { readonly access_token: string };
  const identity = { accesstoken, instanceurl: org.instanceUrl, tenantid: org.orgId };
  const publish = (count: number) => {
    for (let n = 0; n < count; n += 1) org.publish(orders, { N: n });
  };
  return { org, pubsub, clock, identity, publish, client: rawClient(pubsub.endpoint, identity) };
}

test('sends no more than was asked for, adds requests up, and takes them for 100 at most', async () => {
  const { client, pubsub, publish } = await setUp();
  // By then all that was sent before has come.
  const settled = () => client.call('GetTopic', { topicName: orders });
  publish(500);
  const few = client.subscribe({ topicName: orders, replayPreset: 'EARLIEST', numRequested: 3 });
  await until(() => few.events === 3);
  await settled();
  expect(few.events).toBe(3);
  expect(few.responses.at(-1)?.pendingNumRequested).toBe(0);
  expect(few.responses[0]?.events[0]?.replayId).toHaveLength(10);

  const many = client.subscribe({ topicName: orders, numRequested: 30 });
  many.send({ numRequested: 30 });
  await until(() => pubsub.counters.requested === 63);
  publish(500);
  await until(() => many.events === 60);
  await settled();
  expect(many.events).toBe(60);
  many.send({ numRequested: 5_000 });
  await until(() => many.events === 160);
  await settled();
  expect(many.events).toBe(160);
});

test('gives signs of life while events are asked for, and ends a stream on which none are', async () => {
  const { client, clock, pubsub, publish } = await setUp();
  const asking = client.subscribe({ topicName: orders, numRequested: 2 });
  await until(() => pubsub.counters.requested === 2);
  await clock.advance(60_000);
  await until(() => asking.responses.length === 1);
  const [sign] = asking.responses;
  expect(sign).toMatchObject({ events: [], pendingNumRequested: 2 });
  publish(2);
  await until(() => asking.events === 2);
  await clock.advance(59_999);
  expect(pubsub.counters.streams).toBe(1);
  await clock.advance(1);
  await until(() => asking.end === 'ended');

  // The position of the sign of life is one to go on after.
  const next = client.subscribe({
    topicName: orders,
    replayPreset: 'CUSTOM',
    replayId: sign?.latestReplayId,
    numRequested: 10,
  });
  await until(() => next.events === 2);
});

test.each([
  [{ numRequested: 0 }, code('subscription.fetch.requested.events.invalid')],
  [{ numRequested: -1 }, code('subscription.fetch.requested.events.invalid')],
  [{ replayPreset: 'CUSTOM' }, code('subscription.fetch.replayid.validation.failed')],
  [
    { replayPreset: 'CUSTOM', replayId: Buffer.from('0000000000ffffff0000', 'hex') },
    code('subscription.fetch.replayid.corrupted'),
  ],
  [{ topicName: '/event/Missing__e' }, 'status 5'],
  [{ topicName: '/topic/Open' }, 'status 5'],
  [{ topicName: '/u/notices' }, 'status 5'],
])('refuses %o with %s', async (request, end) => {
  const { client } = await setUp();
  const stream = client.subscribe({ topicName: orders, numRequested: 1, ...request });
  await until(() => stream.end !== 'open');
  expect(stream.end).toBe(end);
});

test('the topic of a stream can not change', async () => {
  const { client } = await setUp();
  const stream = client.subscribe({ topicName: orders, numRequested: 1 });
  stream.send({ topicName: orders, numRequested: 1 });
  stream.send({ topicName: '/data/ChangeEvents', numRequested: 1 });
  await until(() => stream.end !== 'open');
  expect(stream.end).toBe('status 3');
});

test.each([{ accesstoken: 'wrong' }, { tenantid: '00D000000000001AAA' }, { instanceurl: '' }])(
  'refuses calls with %o',
  async (wrong) => {
    const { pubsub, identity } = await setUp();
    const client = rawClient(pubsub.endpoint, { ...identity, ...wrong });
    const stream = client.subscribe({ topicName: orders, numRequested: 1 });
    await until(() => stream.end !== 'open');
    expect(stream.end).toBe(code('service.auth.error'));
    await expect(client.call('GetTopic', { topicName: orders })).rejects.toThrow(code('service.auth.error'));
    await expect(client.call('GetSchema', { schemaId: 'any' })).rejects.toThrow(code('service.auth.error'));
  },
);

test('takes only so many clients', async () => {
  const { client, pubsub } = await setUp({ concurrentClients: 1 });
  client.subscribe({ topicName: orders, numRequested: 1 });
  await until(() => pubsub.counters.streams === 1);
  const second = client.subscribe({ topicName: orders, numRequested: 1 });
  await until(() => second.end !== 'open');
  expect(second.end).toBe(code('concurrent.client.limit.exceeded'));
});

test('tells of topics', async () => {
  const { client, org, pubsub } = await setUp();
  org.log.define('/event/Typed__e', { fields: { N: { type: 'int' } } });
  const topic = await client.call('GetTopic', { topicName: '/event/Typed__e' });
  expect(topic).toMatchObject({ canPublish: true, canSubscribe: true, tenantGuid: org.orgId });
  const schema = await client.call('GetSchema', { schemaId: topic['schemaId'] });
  expect(JSON.parse(String(schema['schemaJson']))).toMatchObject({
    name: 'Typed__e',
    fields: [{ name: 'CreatedDate' }, { name: 'CreatedById' }, { name: 'N', type: ['null', 'int'] }],
  });
  pubsub.deny('/event/Typed__e');
  expect(await client.call('GetTopic', { topicName: '/event/Typed__e' })).toMatchObject({
    canSubscribe: false,
  });
  await expect(client.call('GetTopic', { topicName: '/topic/Open' })).rejects.toThrow('status 5');
});
