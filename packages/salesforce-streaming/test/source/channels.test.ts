import { describe, expect, test } from 'vitest';
import { bench, orders, refunds } from './support/running.ts';

const denied = '403:denied_by_security_policy:subscribe_denied';

describe('at the first start', () => {
  test('a channel that is not there is a reason not to start, and is named', async () => {
    const { org, consume } = await bench();
    const consuming = consume({ source: { channels: [orders, '/event/None__e'] } });
    await expect(consuming.start()).rejects.toMatchObject({
      code: 'SALESFORCE_CHANNEL_MISSING',
      message: expect.stringContaining('"/event/None__e"'),
    });
    expect(org.counters.sessions).toBe(0);
  });

  test('a channel that is denied is a reason not to start', async () => {
    const { org, consume } = await bench();
    org.faults.next('subscribe', { kind: 'refuse', error: denied });
    await expect(consume().start()).rejects.toMatchObject({
      code: 'SALESFORCE_CHANNEL_DENIED',
      message: expect.stringContaining(`"${orders}"`),
    });
  });

  test('a server that has no place to begin at is no reason to ask for ever', async () => {
    const { org, consume } = await bench();
    const error = '400::The replayId {-2} you provided was invalid.';
    org.faults.next('subscribe', { kind: 'refuse', error }, { times: Infinity });
    const consuming = consume({ source: { start: 'earliest' } });
    await expect(consuming.start()).rejects.toMatchObject({ code: 'SALESFORCE_POSITION_INVALID' });
  });

  test('a channel that is busy is tried again, and the others go on', async () => {
    const { org, until, consume } = await bench();
    org.faults.next('subscribe', { kind: 'busy' }, { channel: orders });
    const consuming = consume({ source: { channels: [orders, refunds] } });
    await consuming.start();
    org.publish(refunds, { n__c: 1 });
    await until(() => consuming.handled.length === 1);
    expect(consuming.state(orders)).toBe('suspended');
    expect(consuming.health()).toMatchObject({ status: 'degraded', reason: { code: 'SALESFORCE_BUSY' } });
    await until(() => consuming.state(orders) === 'subscribed', { step: 1_000 });
    org.publish(orders, { n__c: 2 });
    await until(() => consuming.handled.length === 2 && consuming.health().status === 'ready', { step: 500 });
  });

  test('the user may say that a refusal passes', async () => {
    const { org, until, consume } = await bench();
    const replies: unknown[] = [];
    org.faults.next('subscribe', { kind: 'refuse', error: denied });
    const consuming = consume({
      source: {
        subscribeRetry: {
          retryOnResponse: (channel, reply) => {
            replies.push([channel, reply['error']]);
            return true;
          },
        },
      },
    });
    await consuming.start();
    expect(consuming.state(orders)).toBe('suspended');
    await until(() => consuming.state(orders) === 'subscribed', { step: 500 });
    expect(replies).toEqual([[orders, denied]]);
  });

  test('the user may say that a refusal does not pass', async () => {
    const { org, consume } = await bench();
    org.faults.next('subscribe', { kind: 'busy' });
    const consuming = consume({ source: { subscribeRetry: { retryOnResponse: () => false } } });
    await expect(consuming.start()).rejects.toMatchObject({ code: 'SALESFORCE_BUSY' });
  });
});

describe('while it runs', () => {
  test('a subscription that is refused after a new handshake is kept, reported and tried again', async () => {
    const { org, until, consume } = await bench();
    const consuming = consume({ source: { channels: [orders, refunds] } });
    await consuming.start();
    org.publish(orders, { n__c: 1 });
    await until(() => consuming.handled.length === 1);
    org.faults.next('subscribe', { kind: 'refuse', error: denied }, { channel: orders, times: 2 });
    org.expireRoutes();
    org.publish(refunds, { n__c: 2 });
    await until(() => consuming.handled.length === 2, { step: 500 });
    expect(consuming.state(orders)).toBe('failed');
    expect(consuming.health()).toMatchObject({
      status: 'degraded',
      reason: { code: 'SALESFORCE_CHANNEL_DENIED' },
    });
    // Published while the channel is refused: not lost.
    org.publish(orders, { n__c: 3 });
    await until(() => consuming.handled.length === 3, { step: 5_000 });
    expect(consuming.handled).toEqual([1, 2, 3]);
    expect(consuming.state(orders)).toBe('subscribed');
  });

  test('where an error is to end it, it ends', async () => {
    const { org, until, consume } = await bench();
    const errors: unknown[] = [];
    const consuming = consume({
      source: {
        subscribeRetry: {
          retryOnError: (channel, error) => {
            errors.push([channel, error.message.includes('500')]);
            return false;
          },
        },
      },
    });
    await consuming.start();
    org.faults.next('subscribe', { kind: 'status', status: 500 });
    org.expireRoutes();
    await until(() => consuming.health().status === 'failed', { step: 500 });
    expect(errors).toEqual([[orders, true]]);
  });

  test('takes in another channel', async () => {
    const { org, until, consume } = await bench();
    const consuming = consume();
    await consuming.start();
    await until(() => org.counters.polls === 1);
    consuming.source.subscribe({ channel: refunds, start: 'earliest' });
    expect(consuming.source.subscriptions).toEqual([orders, refunds]);
    await until(() => consuming.state(refunds) === 'subscribed');
    org.publish(refunds, { n__c: 1 });
    org.publish(orders, { n__c: 2 });
    await until(() => consuming.handled.length === 2);
    expect(org.counters.handshakes).toBe(1);
  });

  test('leaves a channel, and takes it in again where it had got to', async () => {
    const { org, until, consume } = await bench();
    const consuming = consume({ source: { channels: [orders, refunds] } });
    await consuming.start();
    org.publish(orders, { n__c: 1 });
    await until(() => consuming.handled.length === 1);
    consuming.source.unsubscribe(orders);
    await until(() => org.counters.unsubscribes === 1);
    org.publish(orders, { n__c: 2 });
    org.publish(refunds, { n__c: 3 });
    await until(() => consuming.handled.length === 2);
    expect(consuming.handled).toEqual([1, 3]);
    consuming.source.subscribe(orders);
    await until(() => consuming.handled.length === 3, { step: 200 });
    expect(consuming.handled).toEqual([1, 3, 2]);
  });

  test('a channel that is not there, taken in later, leaves the others alone', async () => {
    const { org, until, consume } = await bench();
    const consuming = consume();
    await consuming.start();
    await until(() => org.counters.polls === 1);
    consuming.source.subscribe('/event/Late__e');
    await until(() => consuming.state('/event/Late__e') === 'failed');
    org.publish(orders, { n__c: 1 });
    await until(() => consuming.handled.length === 1);
    org.log.define('/event/Late__e', {});
    await until(() => consuming.state('/event/Late__e') === 'subscribed', { step: 5_000 });
    expect(consuming.handled).toEqual([1]);
  });

  test('a subscribe that hangs does not hold up a new session', async () => {
    const { org, until, consume, clock } = await bench();
    const consuming = consume();
    await consuming.start();
    await until(() => org.counters.polls === 1);
    org.faults.next('subscribe', { kind: 'black-hole' });
    consuming.source.subscribe(refunds);
    await until(() => org.faults.pending === 0);
    const since = clock.now();
    org.kick();
    await until(() => org.counters.handshakes === 2 && consuming.state() === 'polling');
    expect(clock.now() - since).toBeLessThan(5_000);
    org.publish(refunds, { n__c: 1 });
    await until(() => consuming.handled.length === 1);
  });

  test('a change while there is no connection counts when there is one', async () => {
    const { org, until, consume } = await bench();
    const consuming = consume();
    await consuming.start();
    org.faults.next('handshake', { kind: 'status', status: 500 }, { times: 2 });
    org.kick();
    await until(() => consuming.state() === 'backing-off');
    consuming.source.subscribe(refunds);
    consuming.source.unsubscribe(orders);
    await until(() => consuming.state() === 'polling', { step: 500 });
    org.publish(orders, { n__c: 1 });
    org.publish(refunds, { n__c: 2 });
    await until(() => consuming.handled.length === 1);
    expect(consuming.handled).toEqual([2]);
  });
});

test('filtered PushTopics and generic channels', async () => {
  const { org, until, consume } = await bench({ channels: { '/topic/Open': {}, '/u/notices': {} } });
  const filtered = '/topic/Open?Status__c=New';
  const consuming = consume({ source: { channels: [filtered, '/u/notices'] } });
  await consuming.start();
  org.publish('/topic/Open', { n__c: 1, Status__c: 'New' });
  org.publish('/topic/Open', { n__c: 2, Status__c: 'Old' });
  org.publish('/u/notices', 'Hello.');
  await until(() => consuming.handled.length === 2);
  org.expireRoutes();
  org.publish('/topic/Open', { n__c: 3, Status__c: 'New' });
  await until(() => consuming.handled.length === 3, { step: 200 });
  expect(new Set(consuming.handled)).toEqual(new Set([1, 3, 'Hello.']));
  expect(consuming.messages.map(({ channel }) => channel)).toContain('/topic/Open');
  expect(consuming.state(filtered)).toBe('subscribed');
});
