import { expect, test } from 'vitest';
import { bench, orders, refunds } from './support/running.ts';

test('handles what is published, in the order of the channel', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume();
  await consuming.start();
  for (let n = 1; n <= 5; n += 1) org.publish(orders, { n__c: n });
  await until(() => consuming.handled.length === 5);
  expect(consuming.handled).toEqual([1, 2, 3, 4, 5]);
  expect(consuming.state()).toBe('polling');
  expect(consuming.state(orders)).toBe('subscribed');
  await consuming.stop();
  expect(org.counters).toMatchObject({ logins: 1, handshakes: 1, sessions: 0, disconnects: 1 });
});

test('goes on after a restart where it had stopped', async () => {
  const { org, until, consume } = await bench();
  const first = consume();
  await first.start();
  org.publish(orders, { n__c: 1 });
  await until(() => first.handled.length === 1);
  await first.stop();
  org.publish(orders, { n__c: 2 });
  const second = consume();
  await second.start();
  org.publish(orders, { n__c: 3 });
  await until(() => second.handled.length === 2);
  expect(second.handled).toEqual([2, 3]);
});

test.each([
  ['a routine 403', (org: Org) => org.expireRoutes()],
  ['a server that sends its clients away', (org: Org) => org.kick()],
  ['a token that is revoked', (org: Org) => org.revokeTokens()],
])('goes on after %s without losing an event', async (_name, trouble) => {
  const { org, until, consume } = await bench();
  const consuming = consume({ source: { channels: [orders, refunds] } });
  await consuming.start();
  org.publish(orders, { n__c: 1 });
  await until(() => consuming.handled.length === 1);
  trouble(org);
  org.publish(orders, { n__c: 2 });
  org.publish(refunds, { n__c: 3 });
  await until(() => consuming.handled.length >= 3);
  expect(consuming.handled).toEqual([1, 2, 3]);
  expect(org.counters.mostSessions).toBe(1);
});

type Org = Awaited<ReturnType<typeof bench>>['org'];
