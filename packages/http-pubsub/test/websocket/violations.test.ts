import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { noAuth, tokenAuth } from '../../src/index.ts';
import type { BroadcasterMessage } from '../../src/wire.ts';
import { topic } from '../wire/vectors/facts.ts';
import { notification, openClient } from './support/client.ts';
import { handshake, nothing, scriptedBroadcaster, unsigned } from './support/scripted-broadcaster.ts';
import { eventually } from './support/eventually.ts';

const identifier = Buffer.from('01020304', 'hex');
const content = Buffer.from('hello');
const digest = createHash('sha512').update(content).digest();
const message = {
  kind: 'receive-stream',
  ...unsigned,
  identifier,
  part: 0,
  topic,
  compressor: 0,
  compressedLength: 5,
  decompressedLength: 5,
  compressedDigest: digest,
  payload: content,
} as const satisfies BroadcasterMessage;
const beginning = { ...message, payload: content.subarray(0, 2) };
const further = {
  kind: 'receive-stream-part',
  ...unsigned,
  identifier,
  part: 1,
  payload: content.subarray(2),
} as const satisfies BroadcasterMessage;

/** What a broadcaster may do wrong, each of which ends the connection with a reason, and never more than that. */
const violations: readonly (readonly [string, readonly (BroadcasterMessage | Uint8Array | string)[]])[] = [
  ['text', ['text']],
  ['garbage', [Buffer.from('ffffffff', 'hex')]],
  ['nothing at all', [nothing]],
  ['a second handshake', [handshake]],
  ['a reply that nobody waits for', [{ kind: 'confirm-subscribe-exact', ...unsigned, topic }]],
  ['a part without a message', [further]],
  ['a message in the middle of another one', [beginning, message]],
  ['a part that is not the next one', [beginning, { ...further, part: 2 }]],
  ['a part of another message', [beginning, { ...further, identifier: Buffer.from('ffffffff', 'hex') }]],
  ['a part without content', [beginning, { ...further, payload: nothing }]],
  ['more than it says', [{ ...message, payload: Buffer.from('hello!') }]],
  ['another digest', [{ ...message, payload: Buffer.from('hallo') }]],
  ['two lengths of what is not compressed', [{ ...message, decompressedLength: 6 }]],
  ['nothing that is compressed', [{ ...message, compressor: 1, compressedLength: 0, payload: nothing }]],
  ['a compressor that nobody agreed on', [{ ...message, compressor: 7 }]],
  [
    'a dictionary that is another one',
    [
      {
        kind: 'enable-zstd-custom',
        ...unsigned,
        dictionary: 65_536,
        level: 3,
        minSize: 32,
        maxSize: 16_384n,
        dictionaryDigest: digest,
        payload: Buffer.from('DICT'),
      },
    ],
  ],
  [
    'what is no zstd',
    [
      {
        kind: 'enable-zstd-preset',
        ...unsigned,
        dictionary: 1,
        level: 3,
        minSize: 1,
        maxSize: 16_384n,
      },
      { ...message, compressor: 1 },
    ],
  ],
];

test.each(violations)('a broadcaster that sends %s loses the connection', async (_what, said) => {
  await using broadcaster = await scriptedBroadcaster();
  await using client = await openClient(broadcaster.url);
  for (const it of said) broadcaster.say(it);
  expect(await client.ended).toMatchObject({ code: 'PUBSUB_MALFORMED' });
  expect(client.received).toEqual([]);
});

test('a reply to something else ends the connection, and who asked hears why', async () => {
  await using broadcaster = await scriptedBroadcaster();
  await using client = await openClient(broadcaster.url);
  const asked = [client.subscribe({ topic }), client.notify(notification(topic, 'lost'))];
  await eventually(() => expect(broadcaster.heard).toHaveLength(3));
  broadcaster.say({ kind: 'confirm-subscribe-exact', ...unsigned, topic: Buffer.from('other') });
  const outcomes = await Promise.allSettled(asked);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: 'PUBSUB_MALFORMED' } });
  await expect(client.subscribe({ topic })).rejects.toMatchObject({ code: 'PUBSUB_MALFORMED' });
});

test('a broadcaster that does not reply, or says nothing at all, is given up', async () => {
  await using broadcaster = await scriptedBroadcaster();
  await using client = await openClient(broadcaster.url, { timeouts: { reply: 50 } });
  await expect(client.subscribe({ topic })).rejects.toMatchObject({ code: 'PUBSUB_CONNECTION_LOST' });
  await using silent = await scriptedBroadcaster({ silent: true });
  await expect(openClient(silent.url, { timeouts: { open: 50 } })).rejects.toMatchObject({
    code: 'PUBSUB_CONNECTION_LOST',
  });
});

test('a broadcaster that answers no ping is gone', async () => {
  await using broadcaster = await scriptedBroadcaster();
  await using client = await openClient(broadcaster.url, { timeouts: { heartbeat: 40 } });
  await eventually(() => expect(broadcaster.sockets).toHaveLength(1));
  broadcaster.sockets[0]?.pause();
  expect(await client.ended).toMatchObject({ code: 'PUBSUB_CONNECTION_LOST' });
});

test('what is confirmed late is acknowledged late, and in the order in which it came', async () => {
  await using broadcaster = await scriptedBroadcaster();
  await using client = await openClient(broadcaster.url, { confirm: false });
  const other = { ...beginning, identifier: Buffer.from('05060708', 'hex') };
  broadcaster.say(message);
  broadcaster.say(other);
  broadcaster.say({ ...further, identifier: other.identifier });
  await eventually(() => expect(client.received).toHaveLength(2));
  const [first, second] = client.received;
  second?.confirm();
  // A question and its answer show that nothing else was sent before.
  const subscribed = client.subscribe({ topic });
  await eventually(() => expect(broadcaster.heard).toHaveLength(2));
  expect(broadcaster.heard[1]?.kind).toBe('subscribe-exact');
  first?.confirm();
  first?.confirm();
  await eventually(() => expect(broadcaster.heard).toHaveLength(5));
  expect(broadcaster.heard.slice(2)).toMatchObject([
    { kind: 'confirm-receive', identifier, subscribers: 1 },
    { kind: 'continue-receive', identifier: other.identifier, part: 0 },
    { kind: 'confirm-receive', identifier: other.identifier },
  ]);
  broadcaster.say({ kind: 'confirm-subscribe-exact', ...unsigned, topic });
  await subscribed;
});

test('what is larger than is taken is read, not kept, and the connection lives on', async () => {
  await using broadcaster = await scriptedBroadcaster();
  await using client = await openClient(broadcaster.url, { maxBody: 4 });
  broadcaster.say(beginning);
  broadcaster.say(further);
  broadcaster.say({
    ...message,
    compressedLength: 4,
    decompressedLength: 4,
    payload: content.subarray(0, 4),
    compressedDigest: createHash('sha512').update('hell').digest(),
  });
  await eventually(() => expect(client.received).toHaveLength(2));
  expect(client.received.map(({ body }) => body?.bytes().toString())).toEqual([undefined, 'hell']);
});

test('nothing is believed that is not authorised, and nothing of it is handed on', async () => {
  const auth = { toBroadcaster: noAuth, toSubscriber: tokenAuth({ secrets: ['right'] }) };
  const authorization = 'Bearer right';
  const forged: readonly BroadcasterMessage[] = [
    message,
    { ...message, authorization: 'Bearer wrong' },
    { kind: 'missed', ...unsigned, topic },
    { kind: 'enable-zstd-preset', ...unsigned, dictionary: 1, level: 3, minSize: 1, maxSize: 9n },
    { kind: 'disable-zstd-custom', ...unsigned, dictionary: 65_536 },
  ];
  for (const it of forged) {
    await using broadcaster = await scriptedBroadcaster({ silent: true });
    const opening = openClient(broadcaster.url, { auth });
    await eventually(() => expect(broadcaster.heard).toHaveLength(1));
    broadcaster.say({ ...handshake, authorization });
    await using client = await opening;
    broadcaster.say(it);
    expect(await client.ended).toMatchObject({ code: 'PUBSUB_FORGED' });
    expect([client.received, client.missed]).toEqual([[], []]);
    expect(broadcaster.heard).toHaveLength(1);
  }
  await using broadcaster = await scriptedBroadcaster({ silent: true });
  const opening = openClient(broadcaster.url, { auth });
  await eventually(() => expect(broadcaster.heard).toHaveLength(1));
  broadcaster.say(handshake);
  await expect(opening).rejects.toMatchObject({ code: 'PUBSUB_FORGED' });
});
