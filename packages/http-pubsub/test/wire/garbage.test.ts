import { isMillraceError } from '@millrace/core';
import { expect, test } from 'vitest';
import type { Decoding } from '../../src/wire.ts';
import * as wire from '../../src/wire.ts';
import { glob, identifier, none, recovery, sha512, topic, url } from './vectors/facts.ts';
import frames from './vectors/frames.json' with { type: 'json' };

const signed = { authorization: 'Bearer a', tracing: Buffer.from('trace') };
const digest = sha512('Hello');
const subscriptions = { exact: [{ topic, recovery }], globs: [{ glob, recovery: undefined }] };

/** Something to encode, and what reads it. */
const formats: Readonly<Record<string, readonly [Buffer, () => Decoding<unknown>]>> = {
  'subscribe exact': [
    wire.encodeSubscribe({ url, wanted: { topic }, recovery, tracing: none }),
    wire.subscribeExactRequest,
  ],
  'subscribe glob': [
    wire.encodeSubscribe({ url, wanted: { glob }, recovery, tracing: none }),
    wire.subscribeGlobRequest,
  ],
  'unsubscribe exact': [
    wire.encodeUnsubscribe({ url, wanted: { topic }, tracing: none }),
    wire.unsubscribeExactRequest,
  ],
  'unsubscribe glob': [
    wire.encodeUnsubscribe({ url, wanted: { glob }, tracing: none }),
    wire.unsubscribeGlobRequest,
  ],
  check: [wire.encodeCheck({ url, tracing: none }), wire.checkRequest],
  notify: [
    wire.encodeNotifyPrefix({ topic, digest, tracing: none, identifier, length: 5 }),
    wire.notifyPrefix,
  ],
  receive: [wire.encodeReceivePrefix({ topic, tracing: none, identifier, length: 5 }), wire.receivePrefix],
  missed: [wire.encodeMissed({ topic, tracing: none }), wire.missedRequest],
  set: [
    wire.encodeSet({ url, tracing: none, etag: digest, subscriptions }),
    function* set(): Decoding<unknown> {
      return { ...(yield* wire.setPrefix()), subscriptions: yield* wire.subscriptionSet(100) };
    },
  ],
  'generic reply': [wire.encodeGeneric(signed), wire.genericReply],
  'notify reply': [wire.encodeNotifyReply({ ...signed, subscribers: 7, identifier }), wire.notifyReply],
  'check reply': [wire.encodeCheckReply({ ...signed, etag: digest }), wire.checkReply],
  'confirm receive': [
    wire.encodeConfirmReceive({ ...signed, identifier, subscribers: 1 }),
    wire.receiveReply,
  ],
  'confirm missed': [wire.encodeConfirmMissed(signed), wire.missedReply],
  trace: [
    wire.encodeNotifyTrace({
      truncated: false,
      entries: [{ name: 'ok', extra: '{}', at: 1.5 }],
      received: 1n,
      sent: 2n,
    }),
    wire.notifyTrace,
  ],
};

/** The same numbers for the same seed: Marsaglia's xorshift with 32 bits. */
function seeded(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

/** Bytes changed, cut off, repeated or put in. */
function mutate(bytes: Uint8Array, random: (bound: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let times = 1 + random(4); times > 0; times -= 1) copy[random(copy.length)] = random(256);
  const place = random(copy.length);
  const tail = [
    copy.subarray(place),
    copy.subarray(copy.length),
    copy.subarray(random(copy.length)),
    Buffer.of(random(256)),
  ];
  return Buffer.concat([copy.subarray(0, place), tail[random(4)] ?? copy]);
}

/** Throws what is no error of ours. */
function read(work: () => unknown): 'read' | 'refused' {
  try {
    work();
    return 'read';
  } catch (error) {
    if (isMillraceError(error, 'PUBSUB_MALFORMED')) return 'refused';
    throw error;
  }
}

const rounds = 2_000;

test.each(Object.entries(formats))(
  '%s comes back, whole and byte by byte',
  async (_name, [bytes, decoding]) => {
    const whole = wire.decode(decoding(), bytes);
    const body = wire.readBody(
      (async function* slowly() {
        for (const byte of bytes) yield Buffer.of(byte);
      })(),
    );
    expect(await body.decode(decoding())).toEqual(whole);
    for (let end = 0; end < bytes.length; end += 1) {
      expect(
        read(() => wire.decode(decoding(), bytes.subarray(0, end))),
        `${end} bytes`,
      ).toBe('refused');
    }
    expect(read(() => wire.decode(decoding(), Buffer.concat([bytes, none, Buffer.of(1)])))).toBe('refused');
  },
);

test.each(Object.entries(formats))('garbage for %s is refused with a code', (_name, [bytes, decoding]) => {
  const random = seeded(20_261_129);
  const results = Array.from({ length: rounds }, () =>
    read(() => wire.decode(decoding(), mutate(bytes, random))),
  );
  expect(results).toContain('refused');
});

test.each(Object.entries(frames))('garbage for the message %s is refused with a code', (_name, hex) => {
  const random = seeded(20_261_129);
  const bytes = Buffer.from(hex, 'hex');
  const results = Array.from({ length: rounds }, () => {
    const mutant = mutate(bytes, random);
    return [
      read(() => wire.decodeSubscriberMessage(mutant)),
      read(() => wire.decodeBroadcasterMessage(mutant)),
    ];
  });
  expect(results.flat()).toContain('refused');
});

test('a set with more entries than are taken is refused before they are read', () => {
  const many = Array.from({ length: 5 }, (_, index) => ({ topic: Buffer.of(index), recovery: undefined }));
  const bytes = wire.encodeSet({
    url,
    tracing: none,
    etag: digest,
    subscriptions: { exact: many, globs: [] },
  });
  const body = bytes.subarray(
    wire.encodeSet({ url, tracing: none, etag: digest, subscriptions: { exact: [], globs: [] } }).length - 8,
  );
  expect(read(() => wire.decode(wire.subscriptionSet(4), body))).toBe('refused');
  expect(read(() => wire.decode(wire.subscriptionSet(5), body))).toBe('read');
});
