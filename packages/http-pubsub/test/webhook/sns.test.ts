import https from 'node:https';
import { Readable } from 'node:stream';
import MessageValidator from 'sns-validator';
import { describe, expect, test, vi } from 'vitest';
import type { SnsWebhookOptions, WebhookVerdict } from '../../src/index.ts';
import { snsWebhook } from '../../src/index.ts';
import type { TestContext } from './support/requests.ts';
import { context, now, request } from './support/requests.ts';
import type { SnsMessage } from './support/sns-sender.ts';
import { certificateUrl, snsSender, subscribeUrl, topicArn } from './support/sns-sender.ts';

const sns = await snsSender();
const refused = (status: number, code: string) => ({ refusal: { status, code } });

function post(
  message: SnsMessage,
  options: Partial<SnsWebhookOptions> = {},
  around: TestContext = context(),
): Promise<WebhookVerdict> {
  const verifier = snsWebhook({ topicArns: [topicArn], fetch: sns.fetch, ...options });
  const headers = { 'x-amz-sns-message-type': String(message['Type']), 'content-type': 'text/plain' };
  return verifier.verify(request(headers, JSON.stringify(message)), around);
}

describe('our sender of tests signs as SNS does', () => {
  test.each([
    sns.notification({ Subject: 'Order' }),
    sns.notification({}, '2'),
    sns.notification({ Message: 'Grüße, 世界\n' }),
    sns.subscription(),
  ])('so that a published validator is content', async (message) => {
    const get = vi.spyOn(https, 'get');
    get.mockImplementation(((_url: string, respond: (response: unknown) => void) => {
      respond(Object.assign(Readable.from([Buffer.from(sns.certificate)]), { statusCode: 200 }));
      return { on: () => {} };
    }) as unknown as typeof https.get);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    new MessageValidator().validate({ ...message }, (error, valid) =>
      error ? reject(error) : resolve(valid),
    );
    await expect(promise).resolves.toMatchObject({ MessageId: message['MessageId'] });
    get.mockRestore();
  });
});

describe('a notification', () => {
  test.each(['1', '2'] as const)('with a signature of version %s becomes an event', async (version) => {
    const message = sns.notification(
      {
        Subject: 'Order',
        MessageAttributes: {
          event: { Type: 'String', Value: 'OrderPlaced.shop' },
          'event-id': { Type: 'String', Value: 'order-7' },
          amount: { Type: 'Number.int', Value: '12' },
          huge: { Type: 'Number', Value: '12345678901234567890123' },
          bytes: { Type: 'Binary', Value: 'AQI=' },
          list: { Type: 'String.Array', Value: '["a",1,null]' },
        },
      },
      version,
    );
    expect(await post(message)).toMatchObject({
      events: [
        {
          id: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
          type: 'OrderPlaced.shop',
          data: { order: 7 },
          time: new Date(now - 1_000),
          headers: {
            amount: 12,
            huge: '12345678901234567890123',
            bytes: Buffer.from([1, 2]),
            list: ['a', 1, null],
            'sns-topic-arn': topicArn,
            'sns-subject': 'Order',
          },
        },
      ],
      proof: { milliseconds: 9_000_000 },
    });
    expect(await post(message, { idAttribute: 'event-id' })).toMatchObject({ events: [{ id: 'order-7' }] });
    expect(await post(message, { eventFrom: () => 'Named' })).toMatchObject({ events: [{ type: 'Named' }] });
  });

  test('is read as the options say', async () => {
    const text = sns.notification({ Message: 'plain' });
    expect(await post(text, { format: 'text' })).toMatchObject({ events: [{ data: 'plain' }] });
    expect(await post(text)).toMatchObject({ events: [{ failure: { code: 'PUBSUB_PAYLOAD' } }] });
    const base64 = sns.notification({ Message: 'AQI=' });
    expect(await post(base64, { format: 'base64' })).toMatchObject({
      events: [{ data: Buffer.from([1, 2]) }],
    });
  });

  test('a certificate is fetched once for many', async () => {
    const verifier = snsWebhook({ topicArns: [topicArn], fetch: sns.fetch });
    const before = sns.fetched.length;
    const send = () => verifier.verify(request({}, JSON.stringify(sns.notification())), context());
    await Promise.all([send(), send(), send()]);
    await send();
    expect(sns.fetched.slice(before)).toEqual([certificateUrl]);
  });

  test('comes again while the certificate can not be had', async () => {
    const fetch = async () => ({ status: 503, body: Buffer.alloc(0) });
    await expect(post(sns.notification(), { fetch })).rejects.toThrow('HTTP 503');
    await expect(
      post(sns.notification(), { fetch: () => Promise.reject(new Error('down')) }),
    ).rejects.toThrow('down');
  });
});

describe('an attacker', () => {
  test.each(['Message', 'MessageId', 'Timestamp', 'Subject'])(
    'who changes the %s is refused',
    async (name) => {
      const message = sns.notification({ Subject: 'Order' });
      const changed = name === 'Timestamp' ? new Date(now - 2_000).toISOString() : 'changed';
      expect(await post({ ...message, [name]: changed })).toEqual(refused(401, 'signature'));
    },
  );

  test('who signs with a key of their own, and takes the certificate to a host of their own, is refused', async () => {
    const own = await snsSender();
    for (const url of [
      'https://attacker.example/SimpleNotificationService-0123.pem',
      'https://sns.eu-west-1.amazonaws.com.attacker.example/SimpleNotificationService-0123.pem',
      'https://sns.eu-west-1.amazonaws.com@attacker.example/SimpleNotificationService-0123.pem',
      'https://attacker.example#sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem',
      'http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem',
      'https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123.pem',
      'https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem',
      'https://bucket.s3.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem',
      'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem',
      'https://sns.eu-west-1.amazonaws.com.cn/SimpleNotificationService-0123.pem',
      'https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-0123.pem?x=1',
      'https://sns.eu-west-1.amazonaws.com/other.pem',
      'file:///etc/passwd',
      'not a URL',
    ]) {
      const message = own.notification({ SigningCertURL: url });
      expect(await post(message, { fetch: own.fetch }), url).toEqual(refused(401, 'signature'));
    }
    expect(own.fetched).toEqual([]);
    expect(await post(own.notification())).toEqual(refused(401, 'signature'));
  });

  test('who has SNS sign messages of another topic is refused', async () => {
    const other = topicArn.replace('orders', 'mine');
    expect(await post(sns.notification({ TopicArn: other }))).toEqual(refused(403, 'topic'));
    expect(await post({ ...sns.notification({ TopicArn: other }), TopicArn: topicArn })).toEqual(
      refused(401, 'signature'),
    );
  });

  test('who has an old message, or one of the future, is refused', async () => {
    const at = (offset: number) => sns.notification({ Timestamp: new Date(now + offset).toISOString() });
    expect(await post(at(-4_500_000))).toHaveProperty('events');
    expect(await post(at(-4_500_001))).toEqual(refused(401, 'timestamp'));
    expect(await post(at(300_001))).toEqual(refused(401, 'timestamp'));
    expect(await post(sns.notification({ Timestamp: 'never' }))).toEqual(refused(401, 'timestamp'));
  });

  test('who has the version of the signature as they like is refused', async () => {
    expect(await post({ ...sns.notification({}, '2'), SignatureVersion: '1' })).toEqual(
      refused(401, 'signature'),
    );
    expect(await post({ ...sns.notification(), SignatureVersion: '3' })).toEqual(
      refused(401, 'signature-version'),
    );
    expect(await post(sns.notification(), { signatureVersions: ['2'] })).toEqual(
      refused(401, 'signature-version'),
    );
  });

  test('who turns a notification into another type is refused', async () => {
    const message = {
      ...sns.notification(),
      Type: 'SubscriptionConfirmation',
      Token: 'x',
      SubscribeURL: subscribeUrl,
    };
    expect(await post(message)).toEqual(refused(401, 'signature'));
  });

  test('gets nothing by a certificate that is over, or none', async () => {
    const old = await snsSender({ notBefore: new Date(now - 9_000), notAfter: new Date(now - 1_000) });
    expect(await post(old.notification(), { fetch: old.fetch })).toEqual(refused(401, 'signature'));
    const none = async () => ({ status: 200, body: Buffer.from('<html>') });
    expect(await post(sns.notification(), { fetch: none })).toEqual(refused(401, 'signature'));
  });

  test('who names ever new certificates has a few fetched at a time', async () => {
    const waiting = Promise.withResolvers<void>();
    let fetches = 0;
    const verifier = snsWebhook({
      topicArns: [topicArn],
      async fetch() {
        fetches += 1;
        await waiting.promise;
        return { status: 404, body: Buffer.alloc(0) };
      },
    });
    const sent = Array.from({ length: 20 }, (_, index) => {
      const SigningCertURL = certificateUrl.replace('0123456789abcdef', `${index}`.padStart(16, 'f'));
      return verifier.verify(request({}, JSON.stringify(sns.notification({ SigningCertURL }))), context());
    });
    const settled = Promise.allSettled(sent);
    waiting.resolve();
    const outcomes = await settled;
    expect(fetches).toBe(4);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(16);
  });

  test('who names many does not push out the one that is good', async () => {
    const verifier = snsWebhook({
      topicArns: [topicArn],
      fetch: async (url) =>
        url.href === certificateUrl ? sns.fetch(url) : { status: 404, body: Buffer.alloc(0) },
    });
    const send = (changes?: SnsMessage) =>
      verifier.verify(request({}, JSON.stringify(sns.notification(changes))), context());
    await send();
    const before = sns.fetched.length;
    for (let index = 0; index < 40; index += 1) {
      const SigningCertURL = certificateUrl.replace('0123456789abcdef', `${index}`.padStart(16, 'e'));
      expect(await send({ SigningCertURL })).toEqual(refused(401, 'signature'));
    }
    expect(await send()).toHaveProperty('events');
    expect(sns.fetched.length).toBe(before);
  });

  test.each(['', '[]', 'null', '{"Type":"Notification"}', '{"Type":7}', '\u0000'])(
    'with the body %j is refused',
    async (body) => {
      const verifier = snsWebhook({ topicArns: [topicArn], fetch: sns.fetch });
      expect(await verifier.verify(request({}, body), context())).toEqual(refused(400, 'malformed'));
    },
  );
});

describe('a subscription', () => {
  const confirmed = () => sns.fetched.filter((url) => url === new URL(subscribeUrl).href).length;

  test('is confirmed, once its signature was checked', async () => {
    const before = confirmed();
    expect(await post({ ...sns.subscription(), Message: 'changed' })).toEqual(refused(401, 'signature'));
    expect(confirmed()).toBe(before);
    expect(await post(sns.subscription())).toEqual({ reply: { status: 200 } });
    expect(confirmed()).toBe(before + 1);
  });

  test('is left alone, or to a function', async () => {
    const before = confirmed();
    const around = context();
    expect(await post(sns.subscription(), { confirm: 'manual' }, around)).toEqual({ reply: { status: 200 } });
    expect(around.lines.join()).toContain('waits to be confirmed');
    expect(around.lines.join()).not.toContain('2336412f37');
    const asked: unknown[] = [];
    await post(sns.subscription(), {
      confirm(subscription) {
        asked.push(subscription);
        return false;
      },
    });
    expect(asked).toEqual([{ topicArn, subscribeUrl: new URL(subscribeUrl) }]);
    expect(confirmed()).toBe(before);
    await post(sns.subscription(), { confirm: async () => true });
    expect(confirmed()).toBe(before + 1);
  });

  test.each([
    'http://169.254.169.254/latest/meta-data',
    'https://sns.eu-west-1.amazonaws.com.attacker.example/?Action=ConfirmSubscription',
    subscribeUrl.replace('https', 'http'),
    subscribeUrl.replace('eu-west-1.amazonaws', 'eu-central-1.amazonaws'),
    subscribeUrl.replace('ConfirmSubscription', 'DeleteTopic'),
    subscribeUrl.replace(':orders', ':others'),
    `${subscribeUrl}&Action=DeleteTopic`,
    subscribeUrl.replace('.com/?', '.com/path?'),
  ])('that is signed and leads to %s is not followed', async (url) => {
    const before = sns.fetched.filter((it) => it !== certificateUrl).length;
    expect(await post(sns.subscription({ SubscribeURL: url }))).toEqual(refused(400, 'subscribe-url'));
    expect(sns.fetched.filter((it) => it !== certificateUrl).length).toBe(before);
  });

  test('that SNS does not confirm now is asked for again', async () => {
    const fetch: typeof sns.fetch = async (url) =>
      url.pathname === '/' ? { status: 500, body: Buffer.alloc(0) } : sns.fetch(url);
    await expect(post(sns.subscription(), { fetch })).rejects.toThrow('HTTP 500');
  });

  test('that was deleted is a gap', async () => {
    const around = context();
    const message = sns.subscription({ Type: 'UnsubscribeConfirmation' });
    expect(await post(message, {}, around)).toEqual({ reply: { status: 200 } });
    expect(around.gaps).toMatchObject([
      { channel: topicArn, resumed: 'latest', cause: { code: 'PUBSUB_UNSUBSCRIBED' } },
    ]);
  });
});

describe('a raw delivery', () => {
  const headers = {
    'x-amz-sns-message-type': 'Notification',
    'x-amz-sns-rawdelivery': 'true',
    'x-amz-sns-message-id': 'raw-1',
    'x-amz-sns-topic-arn': topicArn,
    authorization: 'Basic c25zOnNlY3JldA==',
  };

  test('is not signed, so it is refused', async () => {
    const verifier = snsWebhook({ topicArns: [topicArn] });
    expect(verifier.refuses(request(headers, ''))).toEqual({ status: 403, code: 'raw-delivery' });
    expect(await verifier.verify(request(headers, '{}'), context())).toEqual(refused(403, 'raw-delivery'));
  });

  test('is taken from whom the option lets in', async () => {
    const verifier = snsWebhook({
      topicArns: [topicArn],
      rawDelivery: (it) => it.headers['authorization'] === headers.authorization,
    });
    expect(await verifier.verify(request(headers, '{"a":1}'), context())).toMatchObject({
      events: [{ id: 'raw-1', type: '', data: { a: 1 } }],
    });
    const stranger = { ...headers, authorization: 'Basic eDp4' };
    expect(await verifier.verify(request(stranger, '{}'), context())).toEqual(refused(403, 'raw-delivery'));
    const other = { ...headers, 'x-amz-sns-topic-arn': topicArn.replace('orders', 'others') };
    expect(await verifier.verify(request(other, '{}'), context())).toEqual(refused(403, 'topic'));
  });
});

test.each([
  { topicArns: [] },
  { topicArns: ['orders'] },
  { topicArns: ['arn:aws:sns:eu-west-1.attacker.example/:123456789012:orders'] },
  { topicArns: [topicArn], confirm: 'always' },
  { topicArns: [topicArn], signatureVersions: ['3'] },
  { topicArns: [topicArn], format: 'xml' },
])('options that make no sense are refused: %j', (options) => {
  expect(() => snsWebhook(options as unknown as SnsWebhookOptions)).toThrow(
    expect.objectContaining({ code: 'PUBSUB_OPTIONS' }),
  );
});
