import { channel } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStore } from '@millrace/core/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { bench, orders } from './support/running.ts';

test('a second consumer stands by, and takes over where the first had got to', async () => {
  const { org, until, consume } = await bench();
  const first = consume();
  await first.start();
  const second = consume();
  await second.start();
  org.publish(orders, { n__c: 1 });
  await until(() => first.handled.length === 1);
  expect(second.health().standby).toBe(true);
  expect(org.counters.mostSessions).toBe(1);
  await first.stop();
  org.publish(orders, { n__c: 2 });
  await until(() => second.handled.length === 1, { step: 500 });
  expect(second.handled).toEqual([2]);
  expect(second.health().standby).toBe(false);
  expect(org.counters).toMatchObject({ mostSessions: 1, logins: 2 });
});

test('who takes over while Salesforce is down waits for it', async () => {
  const { org, until, consume } = await bench();
  const first = consume();
  await first.start();
  const second = consume();
  await second.start();
  org.faults.next('token', { kind: 'status', status: 503 }, { times: 3 });
  org.faults.next('handshake', { kind: 'status', status: 503 }, { times: 3 });
  await first.stop();
  org.publish(orders, { n__c: 1 });
  await until(() => second.handled.length === 1, { step: 1_000 });
  expect(second.handled).toEqual([1]);
});

test('consumers that are not exclusive each get everything', async () => {
  const { org, until, consume } = await bench();
  const both = ['one', 'two'].map((name) => consume({ source: { exclusive: false }, consumer: { name } }));
  for (const consuming of both) await consuming.start();
  org.publish(orders, { n__c: 1 });
  await until(() => both.every(({ handled }) => handled.length === 1));
  expect(org.counters.sessions).toBe(2);
});

test('keeps its markers in SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-salesforce-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { org, until, consume } = await bench();
  const handled: unknown[] = [];
  for (const n of [1, 2, 3]) {
    const store = sqliteStore(join(folder, 'markers.db'));
    const consuming = consume({ consumer: { store } });
    await consuming.start();
    // What came while nobody was there, and one more.
    org.publish(orders, { n__c: n });
    await until(() => consuming.handled.length === (n === 1 ? 1 : 2));
    handled.push(...consuming.handled);
    await consuming.stop();
    org.publish(orders, { n__c: n * 10 });
  }
  expect(handled).toEqual([1, 10, 2, 20, 3]);
});

test('ends the poll that hangs when it stops', async () => {
  const { org, until, consume, clock } = await bench();
  const consuming = consume();
  await consuming.start();
  await until(() => org.counters.polls === 1);
  const since = clock.now();
  await consuming.stop();
  expect(clock.now() - since).toBeLessThan(1_000);
  expect(org.counters).toMatchObject({ sessions: 0, disconnects: 1 });
  expect(consuming.health().status).toBe('stopped');
});

test('stops although the server does not hear its farewell', async () => {
  const { org, until, consume, clock } = await bench();
  const consuming = consume();
  await consuming.start();
  await until(() => org.counters.polls === 1);
  org.faults.next('disconnect', { kind: 'black-hole' });
  const since = clock.now();
  await consuming.stop();
  expect(clock.now() - since).toBeLessThan(10_000);
});

test('stops while it opens', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume();
  org.faults.next('handshake', { kind: 'black-hole' });
  const starting = consuming.start().catch((error: unknown) => error);
  await until(() => org.faults.pending === 0);
  await consuming.stop();
  expect(await starting).toMatchObject({ code: 'CONSUMER_STATE' });
});

test('drains: what runs is finished and its marker written', async () => {
  const { org, until, consume, store } = await bench();
  const held = Promise.withResolvers<void>();
  const consuming = consume({ handle: () => held.promise });
  await consuming.start();
  const { replayId } = org.publish(orders, { n__c: 1 });
  await until(() => consuming.health().inFlight === 1);
  const stopping = consuming.stop();
  held.resolve();
  await stopping;
  expect(consuming.handled).toEqual([1]);
  expect([...store.replay.values()]).toEqual([`b:${replayId}`]);
});

test('a poll that is never answered counts as lost after its time', async () => {
  const { org, until, consume, clock } = await bench();
  const consuming = consume();
  await consuming.start();
  await until(() => org.counters.polls === 1);
  org.faults.next('connect', { kind: 'black-hole' });
  org.publish(orders, { n__c: 1 });
  await until(() => org.faults.pending === 0);
  const since = clock.now();
  org.publish(orders, { n__c: 2 });
  await until(() => consuming.handled.length === 2, { step: 1_000 });
  expect(clock.now() - since).toBeGreaterThanOrEqual(140_000);
  expect(clock.now() - since).toBeLessThan(150_000);
});

test('each message of the protocol can be seen, without the token', async () => {
  const { org, until, consume } = await bench();
  const seen: { source: string; direction: string; message: { channel: string } }[] = [];
  const traces = channel('millrace:salesforce:bayeux');
  const onMessage = (trace: unknown) => void seen.push(trace as (typeof seen)[number]);
  traces.subscribe(onMessage);
  onTestFinished(() => {
    traces.unsubscribe(onMessage);
  });
  const consuming = consume({ source: { name: 'crm' } });
  await consuming.start();
  org.publish(orders, { n__c: 1 });
  await until(() => consuming.handled.length === 1);
  expect(
    new Set(seen.map(({ source, direction, message }) => `${source} ${direction} ${message.channel}`)),
  ).toEqual(
    new Set([
      ...['handshake', 'subscribe', 'connect'].flatMap((step) => [
        `crm sent /meta/${step}`,
        `crm received /meta/${step}`,
      ]),
      `crm received ${orders}`,
    ]),
  );
  expect(JSON.stringify(seen)).not.toContain(`${org.orgId}!`);
});

test('tells of its session in the health report', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume();
  await consuming.start();
  await until(() => consuming.state() === 'polling');
  expect(consuming.health().details).toEqual({
    transport: 'bayeux',
    orgId: org.orgId,
    state: 'polling',
    waiting: 0,
    channels: { [orders]: { state: 'subscribed' } },
  });
});
