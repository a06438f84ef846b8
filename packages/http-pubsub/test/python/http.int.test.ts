import { createHash, randomBytes } from 'node:crypto';
import type { Message } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import type { HttpPubsubOptions, Publisher, Secrets } from '../../src/index.ts';
import { authBySecrets, createSecret, httpPublisher, httpPubsub } from '../../src/index.ts';
import type { Lonelypss } from './lonelyps.ts';
import { needsLonelyps, startLonelypss, stockGlobsMatch } from './lonelyps.ts';

const secretsOf = (type: 'hmac' | 'token'): Secrets => ({
  'to-broadcaster': createSecret(type),
  'to-subscriber': createSecret(type),
});

const schemes: readonly (readonly [string, Secrets])[] = [
  ['no authorization', {}],
  ['tokens', secretsOf('token')],
  ['HMAC', secretsOf('hmac')],
];

const binary = Uint8Array.of(0xff, 0x00, 0xfe);
const cases: readonly (readonly [string, string | Uint8Array, Uint8Array, Partial<HttpPubsubOptions>])[] = [
  ['a small message', 'orders/placed', Buffer.from('{"order":1}'), { exact: ['orders/placed'] }],
  ['an empty message', 'orders/empty', new Uint8Array(), { exact: ['orders/empty'] }],
  ['24 MiB', 'orders/large', randomBytes(24 * 1024 ** 2), { exact: ['orders/large'] }],
  ['a topic that is not UTF-8', binary, Buffer.from('x'), { exact: [binary] }],
  [
    'what a glob matches',
    'parcels/eu/sent',
    Buffer.from('y'),
    { globs: ['parcels/*'], globDialect: 'sqlite' },
  ],
];

describe.each(schemes)('with %s, the stock broadcaster', await needsLonelyps(), (_name, secrets) => {
  let broadcaster: Lonelypss;
  let publisher: Publisher;
  beforeAll(async () => {
    broadcaster = await startLonelypss({ secrets, matchGlobs: true });
    publisher = httpPublisher({ broadcasters: [broadcaster], auth: authBySecrets(secrets) });
  });
  afterAll(async () => {
    await publisher.close();
    await broadcaster.stop();
  });

  test.each(cases)(
    'takes %s from our publisher, and brings it to our subscriber',
    async (_case, topic, bytes, wanted) => {
      const { handled } = await subscribed(broadcaster, secrets, wanted);
      await expect(publisher.notify(topic, bytes)).resolves.toEqual({ notified: 1 });
      expect(handled).toHaveLength(1);
      const [digest] = handled.map(({ data }) =>
        createHash('sha512')
          .update(data as Uint8Array)
          .digest('hex'),
      );
      expect(digest).toBe(createHash('sha512').update(bytes).digest('hex'));
    },
  );

  test('brings nothing to a source that has ended its subscription', async () => {
    const { stop } = await subscribed(broadcaster, secrets, { exact: ['ended'], unsubscribeOnClose: true });
    await expect(publisher.notify('ended', 'x')).resolves.toEqual({ notified: 1 });
    await stop();
    await expect(publisher.notify('ended', 'x')).resolves.toEqual({ notified: 0 });
  });
});

describe('the stock broadcaster', await needsLonelyps(), () => {
  const secrets = secretsOf('hmac');
  let broadcaster: Lonelypss;
  let publisher: Publisher;
  beforeAll(async () => {
    broadcaster = await startLonelypss({ secrets, sweepInterval: 0.2 });
    publisher = httpPublisher({ broadcasters: [broadcaster], auth: authBySecrets(secrets) });
  });
  afterAll(async () => {
    await publisher.close();
    await broadcaster.stop();
  });

  // SQLite builds with LIKE_DOESNT_MATCH_BLOBS never match a topic, which is a BLOB.
  test('takes a glob; whether it matches anything is its SQLite build', async () => {
    const { handled } = await subscribed(broadcaster, secrets, { globs: ['globs/*'], globDialect: 'sqlite' });
    const expected = (await stockGlobsMatch()) ? 1 : 0;
    await expect(publisher.notify('globs/one', 'x')).resolves.toEqual({ notified: expected });
    expect(handled).toHaveLength(expected);
  });

  // The subscriber signs and verifies the URL that it registered, whatever the request says.
  test('reaches a subscriber whose public URL has a fragment', async () => {
    const { handled } = await subscribed(broadcaster, secrets, { exact: ['fragment'] }, '/base#7');
    await expect(publisher.notify('fragment', 'x')).resolves.toEqual({ notified: 1 });
    expect(handled).toHaveLength(1);
  });

  // Its set_subscriptions loses those that it replaces, from 16 on: of 17 that were set twice, one was left.
  test.each([15, 16, 17, 33])('keeps %i topics of a source that starts twice', async (count) => {
    const exact = Array.from({ length: count }, (_, index) => `many/${count}/${index}`);
    const port = await freePort();
    const first = await subscribed(broadcaster, secrets, { exact }, '', port);
    await first.stop();
    // One topic less makes it a change.
    const second = await subscribed(broadcaster, secrets, { exact: exact.slice(1) }, '', port);
    await second.stop();
    const { handled } = await subscribed(broadcaster, secrets, { exact }, '', port);
    for (const topic of exact) await expect(publisher.notify(topic, topic)).resolves.toEqual({ notified: 1 });
    expect(handled.map(({ type }) => type)).toEqual(exact);
  });

  // It says so 20 times at once, whatever the answer is, and then deletes the subscription.
  test('is subscribed to again after it has told that something was missed', async () => {
    let refuse = true;
    const gate = Promise.withResolvers<void>();
    const { handled, missed } = await subscribed(
      broadcaster,
      secrets,
      {
        exact: ['missed'],
        handlerTimeout: 50,
        onHandlerTimeout: 'fail',
        eventType(topic) {
          return refuse ? 'slow' : Buffer.from(topic).toString();
        },
      },
      '',
      undefined,
      gate.promise,
    );
    await expect(publisher.notify('missed', 'first')).resolves.toEqual({ notified: 0 });
    refuse = false;
    gate.resolve();
    await vi.waitFor(() => expect(missed()).toBe(20), 10_000);
    await vi.waitFor(async () => {
      await expect(publisher.notify('missed', randomBytes(8))).resolves.toEqual({ notified: 1 });
      expect(handled.length).toBeGreaterThan(1);
    }, 15_000);
  });

  test('is told by verify from one that does not know our secret, or is not there', async () => {
    const others = secretsOf('hmac');
    await expect(subscribed(broadcaster, others, { exact: ['x'], verify: 'fail' })).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringContaining('403'),
    });
  });
});

async function subscribed(
  broadcaster: Lonelypss,
  secrets: Secrets,
  options: Partial<Omit<HttpPubsubOptions, 'listen' | 'listener'>>,
  suffix = '',
  port?: number,
  slow?: Promise<void>,
): Promise<{ readonly handled: readonly Message[]; missed(): number; stop(): Promise<void> }> {
  const ownPort = port ?? (await freePort());
  const source = httpPubsub({
    publicUrl: `http://127.0.0.1:${ownPort}${suffix}`,
    listen: { port: ownPort },
    broadcasters: [broadcaster],
    auth: authBySecrets(secrets),
    decode: 'bytes',
    verify: 'off',
    ...options,
  });
  const handled: Message[] = [];
  const consumer = createConsumer({
    name: 'interop',
    sources: [source],
    store: memoryStore(),
    log: silentLogger,
  });
  consumer.on('*', async (message) => {
    if (message.type === 'slow') await slow;
    handled.push(message);
  });
  onTestFinished(() => consumer.stop());
  await consumer.start();
  return {
    handled,
    missed: () => Number(consumer.health().sources[source.name]?.details?.['missed']),
    stop: () => consumer.stop(),
  };
}
