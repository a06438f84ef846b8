import type { Position } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { accessToken } from '../../src/auth/access-token.ts';
import type { SalesforceOptions } from '../../src/options.ts';
import { salesforce } from '../../src/source.ts';

const auth = accessToken(() => ({ accessToken: 'a', instanceUrl: 'https://acme.my.salesforce.com' }));
const good: SalesforceOptions = { auth, channels: ['/event/Order__e'] };
const made = (options: object) => () => salesforce({ ...good, ...options });

test('has defaults', () => {
  const source = salesforce(good);
  expect(source.name).toBe('salesforce');
  expect(source.settings).toMatchObject({ prefetch: 100, onInvalidPosition: 'earliest' });
  expect(source.settings.start).toBeUndefined();
  expect(source.capabilities).toMatchObject({
    exclusive: true,
    order: 'perChannel',
    position: 'opaque',
    replay: 'retention',
    settle: 'none',
  });
  expect(source.subscriptions).toEqual(['/event/Order__e']);
});

test('can be told otherwise', () => {
  const source = salesforce({
    ...good,
    name: 'crm',
    exclusive: false,
    order: ({ headers }) => String(headers['n']),
    prefetch: 7,
    concurrency: 3,
    commit: 'manual',
  });
  expect(source.name).toBe('crm');
  expect(source.settings).toMatchObject({ prefetch: 7, concurrency: 3, commit: 'manual' });
  expect(source.capabilities).toMatchObject({ exclusive: false, order: 'perKey' });
});

test.each([
  '/event/Order__e',
  '/event/LoginEventStream',
  '/event/Orders__chn',
  '/data/ChangeEvents',
  '/data/AccountChangeEvent',
  '/topic/Open',
  '/topic/Open?Status__c=New&Kind__c=A',
  '/u/notices',
  '/u/notices/of/mine',
  '/systemTopic/Logging',
])('%s is a channel', (channel) => {
  expect(salesforce({ ...good, channels: [channel] }).subscriptions).toEqual([channel]);
});

describe('channels that are refused', () => {
  test.each([
    ['no leading slash', ['event/Order__e'], 'must start with a slash'],
    ['no kind that there is', ['/events/Order__e'], 'is no channel'],
    ['no name', ['/event/'], 'is no channel'],
    ['a meta channel', ['/meta/connect'], 'is no channel'],
    ['a blank', ['/event/Order __e'], 'is no channel'],
    ['nothing', [' '], 'must be a text'],
    ['no text', [7], 'must be a text'],
    ['null', [null], 'must be a text'],
    ['the same twice', ['/event/A__e', '/event/A__e'], 'there already'],
    ['names that differ by case only', ['/event/A__e', '/event/a__e'], 'differ by case only'],
    ['two filters of a PushTopic', ['/topic/T?A=1', '/topic/T?A=2'], 'the same channel'],
    ['a filter of something else', ['/event/A__e?b=1'], 'has a filter'],
    ['a start that is none', [{ channel: '/event/A__e', start: 'now' }], 'must be "latest"'],
    ['a date that is none', [{ channel: '/event/A__e', start: { at: new Date('x') } }], 'must be "latest"'],
    ['a position that is none', [{ channel: '/event/A__e', start: { after: '12' } }], '"bayeux"'],
    ['a position of the other transport', [{ channel: '/event/A__e', start: { after: 'p:AA' } }], '"bayeux"'],
    ['a policy that is none', [{ channel: '/event/A__e', onInvalidPosition: 'skip' }], 'onInvalidPosition'],
  ])('%s', (_name, channels, problem) => {
    expect(made({ channels })).toThrow(
      expect.objectContaining({ code: 'SALESFORCE_OPTIONS', message: expect.stringContaining(problem) }),
    );
  });

  test.each(['/topic/Open', '/u/notices', '/systemTopic/Logging'])('%s with pubsub', (channel) => {
    expect(made({ transport: 'pubsub', channels: [channel] })).toThrow(
      /does not carry .*`transport: 'bayeux'`/,
    );
  });

  test('one position for two channels', () => {
    const start = { after: 'b:7' as Position };
    expect(made({ start, channels: ['/event/A__e', '/event/B__e'] })).toThrow('position of one channel');
    expect(made({ start })).not.toThrow();
  });
});

test.each([
  ['auth', undefined, 'a way to log in'],
  ['channels', undefined, 'must be a list'],
  ['channels', '/event/A__e', 'must be a list'],
  ['transport', 'websocket', 'bayeux, pubsub'],
  ['apiVersion', '36.0', '37.0'],
  ['apiVersion', 66, '66.0'],
  ['apiVersion', '66', '66.0'],
  ['name', '', 'not blank'],
  ['connectionTimeout', 0, 'from 1'],
  ['connectionTimeout', Number.NaN, 'from 1'],
  ['quietStart', 'earliest', 'replay, latest'],
  ['onInvalidPosition', 'skip', 'earliest, latest, fail'],
  ['exclusive', 'yes', 'true or false'],
  ['fetch', {}, 'a function'],
  ['decode', {}, 'a function'],
  ['order', 'type', 'a function'],
  ['subscribeRetry', 3, 'an object'],
  ['subscribeRetry', { delay: 0 }, 'subscribeRetry.delay'],
  ['subscribeRetry', { factor: 0.5 }, 'subscribeRetry.factor'],
  ['subscribeRetry', { maxDelay: 10 }, 'subscribeRetry.maxDelay'],
  ['subscribeRetry', { attempts: 0 }, 'subscribeRetry.attempts'],
  ['subscribeRetry', { retryOnError: true }, 'subscribeRetry.retryOnError'],
  ['subscribeRetry', { retryOnResponse: true }, 'subscribeRetry.retryOnResponse'],
])('%s of %o is refused', (name, value, remedy) => {
  expect(made({ [name]: value })).toThrow(
    expect.objectContaining({ code: 'SALESFORCE_OPTIONS', message: expect.stringContaining(remedy) }),
  );
});

test('options that are none', () => {
  expect(() => salesforce(undefined as never)).toThrow('Options are needed');
});

describe('before it starts', () => {
  test('takes channels in and leaves them', () => {
    const source = salesforce(good);
    source.subscribe('/topic/Open?A=1');
    source.subscribe({ channel: '/u/notices', start: 'earliest' });
    source.unsubscribe('/topic/Open');
    expect(source.subscriptions).toEqual(['/event/Order__e', '/u/notices']);
  });

  test('refuses what is there already, and what is not', () => {
    const source = salesforce(good);
    expect(() => source.subscribe('/event/Order__e')).toThrow('there already');
    expect(() => source.unsubscribe('/event/Other__e')).toThrow('no subscription');
    expect(() => source.unsubscribe('Other')).toThrow('must start with a slash');
    expect(source.subscriptions).toEqual(['/event/Order__e']);
  });

  test('a managed subscription stays the only one', () => {
    const source = salesforce({ ...good, transport: 'pubsub', pubsub: { managedSubscription: 'Billing' } });
    expect(() => source.subscribe('/event/Other__e')).toThrow('A managed subscription is of one channel');
    expect(source.subscriptions).toEqual(['/event/Order__e']);
  });
});
