import { expect, test } from 'vitest';
import { checkOptions } from '../../src/check-options.ts';
import type { PubSubOptions } from '../../src/pubsub/settings.ts';
import type { SalesforceOptions } from '../../src/options.ts';

function check(pubsub?: PubSubOptions, more: Partial<SalesforceOptions> = {}) {
  return checkOptions({
    auth: { name: 'test', login: () => Promise.reject(new Error('not asked')) },
    channels: ['/event/Order__e'],
    transport: 'pubsub',
    ...(pubsub && { pubsub }),
    ...more,
  }).pubsub;
}

test('reads from the worldwide endpoint, by TLS, unless told otherwise', () => {
  expect(check()).toEqual({
    endpoint: 'api.pubsub.salesforce.com:7443',
    tls: { rootCertificates: undefined },
    managedSubscription: undefined,
  });
});

test('takes another endpoint, and only on this machine one without TLS', () => {
  expect(check({ endpoint: 'api.deu.pubsub.salesforce.com:443' })).toMatchObject({
    endpoint: 'api.deu.pubsub.salesforce.com:443',
    tls: {},
  });
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    expect(check({ endpoint: `http://${host}:7443` })).toMatchObject({
      endpoint: `${host}:7443`,
      tls: undefined,
    });
  }
  expect(() => check({ endpoint: 'http://api.pubsub.salesforce.com:7443' })).toThrow('without TLS');
});

test.each([
  [{ endpoint: 'api.pubsub.salesforce.com' }, 'a host and a port'],
  [{ endpoint: 'https://api.pubsub.salesforce.com:7443' }, 'a host and a port'],
  [{ endpoint: '' }, 'a host and a port'],
  [{ rootCertificates: '/etc/ssl/proxy.pem' }, 'PEM'],
  [{ managedSubscription: '' }, 'developer name'],
  [{ managedSubscription: "Billing' OR 1" }, 'developer name'],
] as const)('refuses %j', (pubsub, problem) => {
  expect(() => check(pubsub)).toThrow(problem);
  expect(() => check(pubsub)).toThrow(expect.objectContaining({ code: 'SALESFORCE_OPTIONS' }));
});

test('a managed subscription is of one channel', () => {
  expect(check({ managedSubscription: 'Billing' })).toMatchObject({ managedSubscription: 'Billing' });
  expect(() =>
    check({ managedSubscription: 'Billing' }, { channels: ['/event/A__e', '/event/B__e'] }),
  ).toThrow('one channel, but 2');
});

test('is of no use to the other transport', () => {
  expect(() => check({ managedSubscription: 'Billing' }, { transport: 'bayeux' })).toThrow('`pubsub` is for');
});
