import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { authBySecrets } from '../../src/index.ts';
import type { Decoding } from '../../src/wire.ts';
import * as wire from '../../src/wire.ts';
import { etagOf } from '../../src/wire/etag.ts';
import { clockAt, none, secrets, sha512, topic } from './vectors/facts.ts';

/** Of lonelypsc 0.0.17 and lonelypss 0.0.11 over HTTP, with HMAC. */
const { toBroadcaster, toSubscriber } = authBySecrets(secrets, { clock: clockAt(1_795_186_940) });
const url = 'http://127.0.0.1:4002/v1/receive';
const recovery = 'http://127.0.0.1:4002/v1/recover';
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const text = (value: string) => Buffer.from(value).toString('hex');
const digest = sha512('Hello, world!');
const hello = text('Hello, world!');

async function readPrefix<T>(bytes: Buffer, decoding: Decoding<T>) {
  const body = wire.readBody(
    (async function* inOnePiece() {
      yield bytes;
    })(),
  );
  const prefix = await body.decode(decoding);
  return { prefix, rest: await buffer(body.rest()) };
}

test('a subscriber sets its subscriptions', async () => {
  const etag = `ff69be5e5f2e2a9ac9341ee604ca822c79cd91cd470a0876d72fb0952cc45f30
    dfbd37bd5e909f7245296c6ac93507d13863ea4612e2a24036223124967e808c`;
  const bytes = hex(
    `0000 0020 ${text(url)} 00 ${etag} 00000001 0007 666f6f2f626172 0020 ${text(recovery)} 00000000`,
  );
  const { prefix, rest } = await readPrefix(bytes, wire.setPrefix());
  const subscriptions = wire.decode(wire.subscriptionSet(10), rest);
  expect(subscriptions).toEqual({ exact: [{ topic, recovery }], globs: [] });
  expect(prefix.etag).toEqual(etagOf(url, subscriptions));
  expect(wire.encodeSet({ ...prefix, subscriptions }).equals(bytes)).toBe(true);
  const authorization =
    'X-HMAC 1795186940:xMHz2A:MYw8yq48YwbXmoFLKQj2aKM9PEX6uk0lisGCrCTGtMugPYAhQKYpDWHxEqTfanM4qcovUC/0Odk2oWkrDKsA/Q==';
  expect(await toBroadcaster.verify({ kind: 'set', url, etag: prefix.etag }, none, authorization)).toBe(
    'accepted',
  );
});

test('somebody publishes', async () => {
  const bytes = hex(
    `0007 666f6f2f626172 ${digest.toString('hex')} 0000 04 659cbf8e 000000000000000d ${hello}`,
  );
  const { prefix, rest } = await readPrefix(bytes, wire.notifyPrefix());
  expect(rest.toString()).toBe('Hello, world!');
  expect(prefix).toMatchObject({ topic, digest, length: 13 });
  expect(Buffer.concat([wire.encodeNotifyPrefix(prefix), rest]).equals(bytes)).toBe(true);
  const authorization =
    'X-HMAC 1795186940:-UBEnA:LaKJMBygAdYXTwDsb/kULFX6To+VT5AJ+CZhDb8RnRRuGllBmWUge1oTiYjcmNBScqk/PYKlxPDfErl2BaDw9g==';
  const operation = { kind: 'notify', topic, identifier: prefix.identifier, digest } as const;
  expect(await toBroadcaster.verify(operation, none, authorization)).toBe('accepted');
});

test('a message is delivered and confirmed', async () => {
  const bytes = hex(`0000 0007 666f6f2f626172 08 0f832ed488f518ce 000000000000000d ${hello}`);
  const { prefix, rest } = await readPrefix(bytes, wire.receivePrefix());
  const { identifier } = prefix;
  expect(Buffer.concat([wire.encodeReceivePrefix(prefix), rest]).equals(bytes)).toBe(true);
  const delivery =
    'X-HMAC 1795186940:6mOM8Q:91mEcZVMj0Z2didy6Fvq6UWAvSFl50ZpT/KFYPkAjsHzNygGZuhstrySilFSXydiRLGlN87w1UEf3kZnd93dWw==';
  const received = { kind: 'receive', url, topic, identifier, digest } as const;
  expect(await toSubscriber.verify(received, none, delivery)).toBe('accepted');

  const authorization =
    'X-HMAC 1795186940:tCc9Jw:TMyqhmoD6w6oq2PCt8ZPxLuCmUv67LqD2WftpmLNGcldBbHjilzjf6WD/xHwmEpLp70s53BruEloGJwlchD0og==';
  const reply = hex(`0008 0071 ${text(authorization)} 0000 08 0f832ed488f518ce 00000001`);
  const confirmed = wire.decode(wire.receiveReply(), reply);
  expect(confirmed).toEqual({ authorization, tracing: none, identifier, subscribers: 1 });
  const operation = { kind: 'confirm-receive', identifier, subscribers: 1, url } as const;
  expect(await toBroadcaster.verify(operation, none, confirmed?.authorization)).toBe('accepted');
});

test('a broadcaster tells an etag', async () => {
  const authorization =
    'X-HMAC 1795186940:Ue6NMA:CVXd5SeqqmlQE2nmnlTY5LE+wcnknKBzyMSzG3pa3yJSmDFAV3e6G8igZIc+/grF8dg0J8dRLG3aGRij75VUCA==';
  const expected =
    'a42fc04e06e606abb795c1e16b02956d1cd849bc8629cbf45d422b952c041e54a80f404b6cdc20f691ca014433695c2719e7c66525795efcc859bb690b72f51e';
  const etag = etagOf(url, {
    exact: [{ topic: Buffer.from('a'), recovery }],
    globs: [{ glob: 'b/*', recovery }],
  });
  expect(etag.toString('hex')).toBe(expected);
  const reply = wire.decode(wire.checkReply(), hex(`0005 0071 ${text(authorization)} 0000 00 ${expected}`));
  expect(reply).toEqual({ authorization, tracing: none, etag });
  expect(await toSubscriber.verify({ kind: 'confirm-check', etag }, none, reply.authorization)).toBe(
    'accepted',
  );
});
