import { expect, test } from 'vitest';
import { authBySecrets } from '../../src/index.ts';
import {
  connectionNonce,
  createConnectionUrls,
  decodeBroadcasterMessage,
  decodeSubscriberMessage,
  encodeBroadcasterMessage,
  encodeSubscriberMessage,
} from '../../src/wire.ts';
import type { BroadcasterMessage, SubscriberMessage } from '../../src/wire.ts';
import captured from './vectors/captured-websocket.json' with { type: 'json' };
import { clockAt, secrets, sha512, topic } from './vectors/facts.ts';

/** An exchange of lonelypsc 0.0.17 and lonelypss 0.0.11 over a WebSocket, with HMAC. */
const { toBroadcaster, toSubscriber } = authBySecrets(secrets, { clock: clockAt(1_795_186_962) });
const bytes = (name: keyof typeof captured) => Buffer.from(captured[name], 'hex');

function sent<Kind extends SubscriberMessage['kind']>(name: keyof typeof captured, kind: Kind) {
  const message = decodeSubscriberMessage(bytes(name));
  expect(message.kind).toBe(kind);
  expect(encodeSubscriberMessage(message).equals(bytes(name))).toBe(true);
  return message as SubscriberMessage & { readonly kind: Kind };
}

function heard<Kind extends BroadcasterMessage['kind']>(name: keyof typeof captured, kind: Kind) {
  const message = decodeBroadcasterMessage(bytes(name));
  expect(message.kind).toBe(kind);
  expect(encodeBroadcasterMessage(message).equals(bytes(name))).toBe(true);
  return message as BroadcasterMessage & { readonly kind: Kind };
}

test('an exchange over a WebSocket is read, written and authorised as its peers do', async () => {
  const configure = sent('configure', 'configure');
  const { subscriberNonce, enableZstd: zstd, enableTraining: training } = configure;
  const dictionary = configure.initialDictionary;
  const opening = { kind: 'configure', nonce: subscriberNonce, zstd, training, dictionary } as const;
  expect(await toBroadcaster.verify(opening, configure.tracing, configure.authorization)).toBe('accepted');

  const confirmed = heard('confirmConfigure', 'confirm-configure');
  const answer = { kind: 'confirm-configure', nonce: confirmed.broadcasterNonce } as const;
  expect(await toSubscriber.verify(answer, confirmed.tracing, confirmed.authorization)).toBe('accepted');
  const nonce = connectionNonce(subscriberNonce, confirmed.broadcasterNonce);
  expect(nonce).toBe('LKR8RrRukApbwUSWqBX0JK+ukSLIMGqc2XLXxABrhRU=');
  const urls = createConnectionUrls(nonce);

  const subscribe = sent('subscribe', 'subscribe-exact');
  const url = urls.nextOfSubscriber();
  expect(subscribe.topic).toEqual(topic);
  expect(
    await toBroadcaster.verify(
      { kind: 'subscribe-exact', url, topic },
      subscribe.tracing,
      subscribe.authorization,
    ),
  ).toBe('accepted');
  const subscribed = heard('confirmSubscribe', 'confirm-subscribe-exact');
  const confirmation = { kind: 'confirm-subscribe-exact', url, topic } as const;
  expect(await toSubscriber.verify(confirmation, subscribed.tracing, subscribed.authorization)).toBe(
    'accepted',
  );

  const notify = sent('notify', 'notify');
  const digest = sha512('Hello, world!');
  const { identifier } = notify;
  expect(Buffer.from(notify.payload).toString()).toBe('Hello, world!');
  expect(notify.compressedDigest).toEqual(digest);
  expect(
    await toBroadcaster.verify(
      { kind: 'notify', topic, identifier, digest },
      notify.tracing,
      notify.authorization,
    ),
  ).toBe('accepted');
  const notified = heard('confirmNotify', 'confirm-notify');
  const reached = { kind: 'confirm-notify', identifier, subscribers: 1, topic, digest } as const;
  expect(notified.subscribers).toBe(1);
  expect(await toSubscriber.verify(reached, notified.tracing, notified.authorization)).toBe('accepted');

  const receive = heard('receive', 'receive-stream');
  const delivered = {
    kind: 'receive',
    url: urls.nextOfBroadcaster(),
    topic,
    identifier: receive.identifier,
    digest,
  } as const;
  expect(await toSubscriber.verify(delivered, receive.tracing, receive.authorization)).toBe('accepted');
  const received = sent('confirmReceive', 'confirm-receive');
  const taken = {
    kind: 'confirm-receive',
    identifier: receive.identifier,
    subscribers: 1,
    url: urls.nextOfSubscriber(),
  } as const;
  expect(await toBroadcaster.verify(taken, received.tracing, received.authorization)).toBe('accepted');
});
