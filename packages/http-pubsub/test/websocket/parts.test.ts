import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { authBySecrets } from '../../src/index.ts';
import type { SubscriberMessage } from '../../src/wire.ts';
import { connectionNonce, createConnectionUrls, encodeSubscriberMessage } from '../../src/wire.ts';
import type { Part } from '../../src/websocket/parts.ts';
import { partsOf } from '../../src/websocket/parts.ts';
import { createSpooling, bodyOf } from '../../src/receive/spool.ts';
import { secrets } from '../wire/vectors/facts.ts';
import { startBroadcaster } from './support/broadcaster.ts';
import { notification, openClient } from './support/client.ts';
import { handshake, scriptedBroadcaster, unsigned } from './support/scripted-broadcaster.ts';
import { eventually } from './support/eventually.ts';

const content = Buffer.alloc(1024, 'two parts ');

/** As captured from lonelypsc and lonelypss with HMAC and messages of at most 700 bytes. */
test('1024 bytes go in two parts of 512, each signed for itself', async () => {
  const broadcasting = authBySecrets(secrets);
  await using broadcaster = await scriptedBroadcaster({ silent: true });
  const opening = openClient(broadcaster.url, {
    auth: authBySecrets(secrets),
    maxMessage: 700,
    compression: false,
  });
  await eventually(() => expect(broadcaster.heard).toHaveLength(1));
  const [configure] = broadcaster.heard;
  if (configure?.kind !== 'configure' || handshake.kind !== 'confirm-configure')
    throw new Error('no handshake');
  const none = new Uint8Array();
  const { broadcasterNonce } = handshake;
  const sign = broadcasting.toSubscriber.sign;
  broadcaster.say({
    ...handshake,
    authorization: await sign({ kind: 'confirm-configure', nonce: broadcasterNonce }, none),
  });
  await using client = await opening;
  const urls = createConnectionUrls(connectionNonce(configure.subscriberNonce, broadcasterNonce));

  // To the broadcaster.
  // Its name is lost; that it had three bytes shows in the sizes.
  const topic = Buffer.from('big');
  const note = notification(topic, content);
  const { identifier } = note;
  const digest = createHash('sha512').update(content).digest();
  const notified = client.notify(note);
  await eventually(() => expect(broadcaster.heard).toHaveLength(3));
  const [first, second] = broadcaster.heard.slice(1) as [SubscriberMessage, SubscriberMessage];
  expect(first).toMatchObject({ kind: 'notify-stream', part: 0, topic, compressedLength: 1024 });
  expect(second).toMatchObject({ kind: 'notify-stream-part', part: 1 });
  expect([first, second].map((message) => encodeSubscriberMessage(message).length)).toEqual([724, 642]);
  for (const { payload, authorization, tracing } of [first, second]) {
    expect(payload).toHaveLength(512);
    const operation = { kind: 'notify', topic, identifier, digest } as const;
    expect(await broadcasting.toBroadcaster.verify(operation, tracing, authorization)).toBe('accepted');
  }
  const goOn = { kind: 'continue-notify', identifier, part: 0 } as const;
  broadcaster.say({ ...unsigned, ...goOn, authorization: await sign(goOn, none) });
  const done = { kind: 'confirm-notify', identifier, subscribers: 1, topic, digest } as const;
  broadcaster.say({
    kind: 'confirm-notify',
    ...unsigned,
    identifier,
    subscribers: 1,
    authorization: await sign(done, none),
  });
  expect(await notified).toBe(1);

  // From it, with the counter moved on by each part and each acknowledgement.
  const receive = (url: string) => ({ kind: 'receive', url, topic, identifier, digest }) as const;
  broadcaster.say({
    kind: 'receive-stream',
    ...unsigned,
    authorization: await sign(receive(urls.nextOfBroadcaster()), none),
    identifier,
    part: 0,
    topic,
    compressor: 0,
    compressedLength: 1024,
    decompressedLength: 1024,
    compressedDigest: digest,
    payload: content.subarray(0, 512),
  });
  broadcaster.say({
    kind: 'receive-stream-part',
    ...unsigned,
    authorization: await sign(receive(urls.nextOfBroadcaster()), none),
    identifier,
    part: 1,
    payload: content.subarray(512),
  });
  await eventually(() => expect(broadcaster.heard).toHaveLength(5));
  const [part, whole] = broadcaster.heard.slice(3);
  const verify = broadcasting.toBroadcaster.verify;
  const continued = { kind: 'continue-receive', identifier, part: 0, url: urls.nextOfSubscriber() } as const;
  expect(part).toMatchObject({ kind: 'continue-receive', part: 0 });
  expect(await verify(continued, none, part?.authorization)).toBe('accepted');
  const confirmed = {
    kind: 'confirm-receive',
    identifier,
    subscribers: 1,
    url: urls.nextOfSubscriber(),
  } as const;
  expect(await verify(confirmed, none, whole?.authorization)).toBe('accepted');
  expect(client.received[0]?.body?.bytes()).toEqual(content);
});

test('there are never more parts than can be signed: those of a large event are larger', async () => {
  const auth = authBySecrets(secrets);
  await using broadcaster = await startBroadcaster({ auth, maxMessage: 700 });
  await using publisher = await openClient(broadcaster.url, { auth, compression: false, maxMessage: 700 });
  await using subscriber = await openClient(broadcaster.url, { auth, compression: false });
  await subscriber.subscribe({ glob: '**' });
  // To the broadcaster the number of a part has four bytes, so that there it may be any.
  const large = randomBytes(150_000);
  expect(await publisher.notify(notification('large', large))).toBe(1);
  expect(await publisher.notify(notification('small', 'next'))).toBe(1);
  await eventually(() => expect(subscriber.received).toHaveLength(2));
  expect(subscriber.received[0]?.body?.bytes().equals(large)).toBe(true);
});

test.each([1, 2, 3, 7, 100])('a body in pieces of %i bytes is the body again', async (size) => {
  const bytes = Buffer.from('0123456');
  const spool = createSpooling({ threshold: 0 }).open();
  await spool.write(bytes.subarray(0, 3));
  await spool.write(bytes.subarray(3));
  const file = spool.finish();
  for (const body of [bodyOf(bytes), file]) {
    const parts: Part[] = [];
    for await (const part of partsOf(body, size)) parts.push(part);
    expect(Buffer.concat(parts.map(({ payload }) => payload))).toEqual(bytes);
    expect(parts.map(({ number }) => number)).toEqual(parts.map((_, index) => index));
    expect(parts.map(({ last }) => last)).toEqual(parts.map((_, index) => index === parts.length - 1));
  }
  await file.dispose();
});
