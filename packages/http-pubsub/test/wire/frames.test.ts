import { describe, expect, test } from 'vitest';
import type { BroadcasterMessage, SubscriberMessage } from '../../src/wire.ts';
import {
  decodeBroadcasterMessage,
  decodeSubscriberMessage,
  encodeBroadcasterMessage,
  encodeSubscriberMessage,
} from '../../src/wire.ts';
import { glob, identifier, none, sha512, topic } from './vectors/facts.ts';
import frames from './vectors/frames.json' with { type: 'json' };

const signed = { authorization: undefined, tracing: none };
const nothing = { payload: none };
const content = {
  topic,
  compressor: 0,
  compressedLength: 3,
  decompressedLength: 3,
  compressedDigest: sha512('hi!'),
};
const compression = { dictionary: 65_536, level: -3, minSize: 32, maxSize: 16_384n };

const ofSubscriber: Readonly<Record<string, SubscriberMessage>> = {
  configure: {
    kind: 'configure',
    subscriberNonce: Buffer.alloc(32),
    enableZstd: true,
    enableTraining: false,
    initialDictionary: 0,
    ...signed,
    ...nothing,
  },
  'subscribe exact': { kind: 'subscribe-exact', ...signed, topic, ...nothing },
  'subscribe exact, expanded': { kind: 'subscribe-exact', ...signed, topic, ...nothing },
  'subscribe glob': { kind: 'subscribe-glob', ...signed, glob, ...nothing },
  'unsubscribe exact': { kind: 'unsubscribe-exact', ...signed, topic, ...nothing },
  notify: { kind: 'notify', ...signed, identifier, ...content, payload: Buffer.from('hi!') },
  'notify stream': {
    kind: 'notify-stream',
    ...signed,
    identifier,
    part: 0,
    ...content,
    payload: Buffer.from('h'),
  },
  'notify stream, part 1': {
    kind: 'notify-stream-part',
    ...signed,
    identifier,
    part: 1,
    payload: Buffer.from('i!'),
  },
  'continue receive': { kind: 'continue-receive', identifier, part: 0, ...signed, ...nothing },
  'continue receive, part 300': { kind: 'continue-receive', identifier, part: 300, ...signed, ...nothing },
  'confirm receive': { kind: 'confirm-receive', identifier, ...signed, subscribers: 1, ...nothing },
  'confirm receive, expanded': { kind: 'confirm-receive', identifier, ...signed, subscribers: 1, ...nothing },
};

const ofBroadcaster: Readonly<Record<string, BroadcasterMessage>> = {
  'confirm configure': {
    kind: 'confirm-configure',
    broadcasterNonce: Buffer.alloc(32, 0xff),
    ...signed,
    ...nothing,
  },
  'confirm subscribe exact': { kind: 'confirm-subscribe-exact', topic, ...signed, ...nothing },
  'confirm unsubscribe glob': { kind: 'confirm-unsubscribe-glob', glob, ...signed, ...nothing },
  'confirm notify': { kind: 'confirm-notify', identifier, subscribers: 0, ...signed, ...nothing },
  'confirm notify, 300': { kind: 'confirm-notify', identifier, subscribers: 300, ...signed, ...nothing },
  'continue notify': { kind: 'continue-notify', identifier, part: 0, ...signed, ...nothing },
  'receive stream': {
    kind: 'receive-stream',
    ...signed,
    identifier,
    part: 0,
    ...content,
    payload: Buffer.from('hi!'),
  },
  'enable zstd preset': {
    kind: 'enable-zstd-preset',
    dictionary: 1,
    level: 3,
    minSize: 16_384,
    maxSize: 2n ** 64n - 1n,
    ...signed,
    ...nothing,
  },
  'enable zstd custom': {
    kind: 'enable-zstd-custom',
    ...compression,
    ...signed,
    dictionaryDigest: sha512('DICT'),
    payload: Buffer.from('DICT'),
  },
  'disable zstd custom': { kind: 'disable-zstd-custom', dictionary: 65_536, ...signed, ...nothing },
  missed: { kind: 'missed', ...signed, topic, ...nothing },
};

const vectors = new Map(Object.entries(frames));
const bytesOf = (name: string) => Buffer.from(vectors.get(name) ?? 'missing', 'hex');
const plain = (value: unknown) =>
  JSON.stringify(value, (_, it: unknown) => (typeof it === 'bigint' ? `${it}n` : it));

test('there is an expectation for each vector', () => {
  expect([...Object.keys(ofSubscriber), ...Object.keys(ofBroadcaster)].toSorted()).toEqual(
    [...vectors.keys()].toSorted(),
  );
});

/** With names headers may come in any order: these are as long as lonelypsp's, and mean the same. */
const expanded = (name: string) => name.endsWith('expanded');

test.each(Object.entries(ofSubscriber).filter(([name]) => !expanded(name)))(
  '%s is written as lonelypsp writes it',
  (name, message) => {
    expect(encodeSubscriberMessage(message).toString('hex')).toBe(vectors.get(name));
  },
);

test.each(Object.entries(ofSubscriber).filter(([name]) => expanded(name)))(
  '%s, is written with all its names',
  (name, message) => {
    const written = encodeSubscriberMessage(message, { minimal: false });
    expect(written).toHaveLength(bytesOf(name).length);
    expect(decodeSubscriberMessage(written)).toEqual(decodeSubscriberMessage(bytesOf(name)));
  },
);

describe.each(Object.entries(ofSubscriber))('%s', (name, message) => {
  test('is understood', () => {
    expect(plain(decodeSubscriberMessage(bytesOf(name)))).toBe(plain(message));
  });

  test('comes back in both forms', () => {
    for (const minimal of [true, false]) {
      expect(plain(decodeSubscriberMessage(encodeSubscriberMessage(message, { minimal })))).toBe(
        plain(message),
      );
    }
  });
});

describe.each(Object.entries(ofBroadcaster))('%s', (name, message) => {
  test('is written as lonelypsp writes it', () => {
    expect(encodeBroadcasterMessage(message).toString('hex')).toBe(vectors.get(name));
  });

  test('is understood', () => {
    expect(plain(decodeBroadcasterMessage(bytesOf(name)))).toBe(plain(message));
  });

  test('comes back in both forms', () => {
    for (const minimal of [true, false]) {
      expect(plain(decodeBroadcasterMessage(encodeBroadcasterMessage(message, { minimal })))).toBe(
        plain(message),
      );
    }
  });
});
