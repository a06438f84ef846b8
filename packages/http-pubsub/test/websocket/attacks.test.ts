import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { authBySecrets, createSecret } from '../../src/index.ts';
import type { SubscriberMessage } from '../../src/wire.ts';
import { startBroadcaster } from './support/broadcaster.ts';
import { notification, openClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { configure, rawPeer } from './support/raw-peer.ts';
import { nothing, unsigned } from './support/scripted-broadcaster.ts';

const identifier = Buffer.from('01020304', 'hex');
const topic = Buffer.from('orders');
const content = Buffer.from('hello');
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest();
const notify = {
  kind: 'notify',
  ...unsigned,
  identifier,
  topic,
  compressor: 0,
  compressedLength: 5,
  decompressedLength: 5,
  compressedDigest: sha512(content),
  payload: content,
} as const satisfies SubscriberMessage;
const beginning = {
  ...notify,
  kind: 'notify-stream',
  part: 0,
  payload: content.subarray(0, 2),
} as const satisfies SubscriberMessage;
const further = {
  kind: 'notify-stream-part',
  ...unsigned,
  identifier,
  part: 1,
  payload: content.subarray(2),
} as const;
const subscribe = { kind: 'subscribe-exact', ...unsigned, topic } as const;

/** What ends a socket: with 1000 and no reason, as the protocol has it, and with nothing published. */
const violations: readonly (readonly [string, readonly (SubscriberMessage | Uint8Array | string)[]])[] = [
  ['text', ['text']],
  ['garbage', [Buffer.from('ffff', 'hex')]],
  ['a message before the handshake', [subscribe]],
  ['a second handshake', [configure, configure]],
  ['a subscription that it has', [configure, subscribe, subscribe]],
  ['the end of a subscription that it has not', [configure, { ...subscribe, kind: 'unsubscribe-exact' }]],
  [
    'more subscriptions than it may have',
    [configure, ...['a', 'b', 'c'].map((glob) => ({ kind: 'subscribe-glob', ...unsigned, glob }) as const)],
  ],
  [
    'an acknowledgement that nobody waits for',
    [configure, { kind: 'confirm-receive', ...unsigned, identifier, subscribers: 1 }],
  ],
  ['a part without a beginning', [configure, further]],
  ['a beginning in the middle', [configure, beginning, beginning]],
  ['a part that is not the next one', [configure, beginning, { ...further, part: 2 }]],
  ['more than it says', [configure, { ...notify, payload: Buffer.from('hello!') }]],
  ['less than it says', [configure, { ...notify, payload: content.subarray(1) }]],
  ['another digest', [configure, { ...notify, payload: Buffer.from('hallo') }]],
  ['a compressor that nobody agreed on', [configure, { ...notify, compressor: 1 }]],
  [
    'an event that is too large',
    [
      configure,
      { ...beginning, compressedLength: 2_000_000, decompressedLength: 2_000_000 },
      { ...further, payload: Buffer.alloc(1_999_998) },
    ],
  ],
  ['a frame that is too large', [configure, Buffer.alloc(5 * 1024 ** 2)]],
];

test.each(violations)('a subscriber that sends %s loses its socket', async (_what, said) => {
  await using broadcaster = await startBroadcaster({ limits: { subscriptions: 2 }, maxBody: 1_000_000 });
  await using peer = await rawPeer(broadcaster.url);
  for (const message of said) peer.say(message);
  expect([1000, 1006, 1009]).toContain(await peer.closed);
  await eventually(() => expect(broadcaster.endpoint.sockets).toBe(0));
  expect(broadcaster.published).toEqual([]);
  expect(broadcaster.endpoint.wants(topic)).toBe(false);
  // Others do not notice.
  await using client = await openClient(broadcaster.url);
  await client.subscribe({ topic });
  expect(await client.notify(notification(topic, 'still'))).toBe(1);
});

test('a socket that says nothing does not stay', async () => {
  await using broadcaster = await startBroadcaster({ timeouts: { configure: 50 } });
  await using peer = await rawPeer(broadcaster.url);
  expect(await peer.closed).toBe(1000);
});

test('a socket that answers no ping does not stay', async () => {
  await using broadcaster = await startBroadcaster({ timeouts: { heartbeat: 40 } });
  await using peer = await rawPeer(broadcaster.url);
  peer.say(configure);
  await eventually(() => expect(broadcaster.endpoint.sockets).toBe(1));
  peer.socket.pause();
  await eventually(() => expect(broadcaster.endpoint.sockets).toBe(0));
  peer.socket.resume();
});

test('there are no more sockets than are allowed', async () => {
  await using broadcaster = await startBroadcaster({ limits: { sockets: 1 } });
  await using client = await openClient(broadcaster.url);
  const refused = new WebSocket(`${broadcaster.url}/v1/websocket`);
  const [error] = (await once(refused, 'error')) as [Error];
  expect(error.message).toContain('503');
  await client.close();
  await eventually(() => expect(broadcaster.endpoint.sockets).toBe(0));
  await using next = await openClient(broadcaster.url);
  await next.subscribe({ topic });
});

test.each([
  ['is no upgrade to a WebSocket', 'Upgrade: h2c'],
  ['lacks its key', 'Upgrade: websocket'],
])('a request that %s is refused', async (_what, header) => {
  await using broadcaster = await startBroadcaster();
  const socket = connect(broadcaster.port, '127.0.0.1');
  socket.write(`GET /v1/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n${header}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 4\d\d /);
  socket.destroy();
});

test('what was sent over one connection is worth nothing on another one', async () => {
  const secrets = { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };
  await using broadcaster = await startBroadcaster({ auth: authBySecrets(secrets) });
  const { toBroadcaster } = authBySecrets(secrets);
  const nonce = new Uint8Array(32);
  const opening = { kind: 'configure', nonce, zstd: false, training: false, dictionary: 0 } as const;
  const authorization = await toBroadcaster.sign(opening, nothing);
  await using first = await rawPeer(broadcaster.url);
  first.say({ ...configure, authorization });
  await eventually(() => expect(first.heard).toHaveLength(1));
  await using copy = await rawPeer(broadcaster.url);
  copy.say({ ...configure, authorization });
  expect(await copy.closed).toBe(1000);
  // Genuine, but for another connection's nonce.
  const url = 'websocket:AAAA:-1';
  first.say({
    ...subscribe,
    authorization: await toBroadcaster.sign({ kind: 'subscribe-exact', url, topic }, nothing),
  });
  expect(await first.closed).toBe(1000);
  expect(broadcaster.endpoint.wants(topic)).toBe(false);
});

test('parts that nobody acknowledges are no more than the window', async () => {
  await using broadcaster = await startBroadcaster({ maxMessage: 700, limits: { unacknowledged: 2 } });
  await using peer = await rawPeer(broadcaster.url);
  peer.say(configure);
  peer.say(subscribe);
  await eventually(() => expect(broadcaster.endpoint.wants(topic)).toBe(true));
  await using publisher = await openClient(broadcaster.url);
  expect(await publisher.notify(notification(topic, Buffer.alloc(5_000)))).toBe(1);
  await eventually(() => expect(peer.heard).toHaveLength(4));
  // A question and its answer come through, and no further part.
  peer.say({ kind: 'subscribe-glob', ...unsigned, glob: 'x' });
  await eventually(() => expect(peer.heard).toHaveLength(5));
  expect(peer.heard.map(({ kind }) => kind)).toEqual([
    'confirm-configure',
    'confirm-subscribe-exact',
    'receive-stream',
    'receive-stream-part',
    'confirm-subscribe-glob',
  ]);
});
