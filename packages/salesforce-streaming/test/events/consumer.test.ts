import type { Consumer, Message } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { SalesforceEmulator } from '@millrace/testing/salesforce';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import { expect, it, onTestFinished } from 'vitest';
import type { SalesforceOptions } from '../../src/index.ts';
import { clientCredentials, isGapEvent, salesforce } from '../../src/index.ts';

async function emulatedOrg(): Promise<SalesforceEmulator> {
  const org = await salesforceEmulator({
    channels: {
      '/event/Order__e': {},
      '/event/Shop__chn': { members: ['/event/Order__e'] },
      '/data/AccountChangeEvent': {},
      '/data/Thing__ChangeEvent': {},
      '/topic/Open': {},
      '/u/notices': {},
    },
  });
  onTestFinished(() => org.close());
  return org;
}

/** A consumer of all types, and what it has seen once there were so many. */
async function consume(org: SalesforceEmulator, options: Omit<SalesforceOptions, 'auth'>) {
  const { clientId, clientSecret } = org.credentials;
  const auth = clientCredentials({ loginUrl: org.url, clientId, clientSecret });
  const consumer = createConsumer({
    name: 'test',
    sources: [salesforce({ auth, ...options })],
    store: memoryStore(),
    log: silentLogger,
  });
  const seen: Message[] = [];
  let wake = () => {};
  consumer.on('*', (message) => {
    seen.push(message);
    wake();
  });
  await consumer.start();
  onTestFinished(() => consumer.stop());
  return {
    consumer,
    async seen(count: number): Promise<readonly Message[]> {
      while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return seen;
    },
  };
}

it('tells the events of all kinds of channels apart', async () => {
  const org = await emulatedOrg();
  const channels = ['/event/Shop__chn', '/data/ChangeEvents', '/topic/Open', '/u/notices'];
  const { seen } = await consume(org, { channels });
  const { id } = org.publish('/event/Order__e', { Number__c: 'A-1' });
  org.publish('/data/AccountChangeEvent', { Name: 'Acme' }, { changeType: 'CREATE' });
  org.publish('/data/Thing__ChangeEvent', {}, { changeType: 'GAP_UPDATE' });
  org.publish('/topic/Open', { Id: '001000000000001AAA' }, { change: 'deleted' });
  org.publish('/u/notices', 'Hello');
  const events = new Map((await seen(5)).map((message) => [message.type, message]));
  expect([...events.keys()].toSorted()).toEqual([
    'AccountChangeEvent.CREATE',
    'Open.deleted',
    'Order__e',
    'Thing__ChangeEvent.GAP_UPDATE',
    'notices',
  ]);
  expect(events.get('Order__e')).toMatchObject({
    id,
    channel: '/event/Shop__chn',
    data: { Number__c: 'A-1' },
  });
  expect(events.get('AccountChangeEvent.CREATE')).toMatchObject({ data: { Name: 'Acme' } });
  expect(events.get('notices')?.data).toBe('Hello');
  expect([...events.values()].filter(({ data }) => isGapEvent(data)).map(({ type }) => type)).toEqual([
    'Thing__ChangeEvent.GAP_UPDATE',
  ]);
  expect([...events.values()].every(({ time }) => time instanceof Date)).toBe(true);
});

it('handles a change once that comes by the channel of its object and by that of all', async () => {
  const org = await emulatedOrg();
  const channels = ['/data/ChangeEvents', '/data/AccountChangeEvent', '/u/notices'];
  const { consumer, seen } = await consume(org, { channels });
  org.publish('/data/AccountChangeEvent', { Name: 'Acme' });
  org.publish('/data/AccountChangeEvent', { Name: 'Apex' });
  while (org.counters.delivered < 4) await new Promise((resolve) => setImmediate(resolve));
  // Behind all copies in the one session that there is.
  org.publish('/u/notices', 'The last one.');
  await seen(3);
  await consumer.stop();
  const types = (await seen(3)).map(({ data }) => (data as { Name?: string }).Name ?? data);
  expect(types).toHaveLength(3);
  expect(types).toEqual(expect.arrayContaining(['Acme', 'Apex', 'The last one.']));
});

it('keeps an event that `decode` can not read as a dead letter, and goes on', async () => {
  const org = await emulatedOrg();
  const { consumer, seen } = await consume(org, {
    channels: ['/event/Order__e'],
    decode: ({ data }) => ({ data: JSON.parse((data as { Body__c: string }).Body__c) as unknown }),
  });
  const { id } = org.publish('/event/Order__e', { Body__c: '{"order":' });
  org.publish('/event/Order__e', { Body__c: '{"order":7}' });
  expect((await seen(1)).map(({ data }) => data)).toEqual([{ order: 7 }]);
  const [letter] = await lettersOf(consumer);
  expect(letter).toMatchObject({
    reason: 'undecodable',
    error: { code: 'PAYLOAD_UNDECODABLE' },
    message: { id, type: 'Order__e', channel: '/event/Order__e' },
  });
  expect(JSON.parse(String(letter?.message.raw))).toMatchObject({ payload: { Body__c: '{"order":' } });
});

async function lettersOf(consumer: Consumer) {
  return (await consumer.deadLetters.list()).letters;
}
