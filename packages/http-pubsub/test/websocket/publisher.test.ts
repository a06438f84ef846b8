import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import type { Payload, WebsocketPublisherOptions } from '../../src/index.ts';
import { websocketPublisher } from '../../src/index.ts';
import type { SubscriberMessage } from '../../src/wire.ts';
import { eventFacts } from '../../src/wire/event-facts.ts';
import { startBroadcaster } from './support/broadcaster.ts';
import { openClient } from './support/client.ts';
import { scriptedBroadcaster, unsigned } from './support/scripted-broadcaster.ts';
import { eventually } from './support/eventually.ts';

const folder = await mkdtemp(join(tmpdir(), 'millrace-publisher-'));
const file = join(folder, 'event');
await writeFile(file, 'from a file');
afterAll(() => rm(folder, { recursive: true }));

const pieces = ['in ', 'pieces'].map((text) => Buffer.from(text));
const known = (text: string) => ({
  stream: () => Readable.from(pieces),
  length: text.length,
  sha512: createHash('sha512').update(text).digest(),
});
const payloads: readonly (readonly [string, Payload, string])[] = [
  ['bytes', Uint8Array.of(104, 105), 'hi'],
  ['a text', 'Grüße', 'Grüße'],
  ['nothing', '', ''],
  ['JSON', { json: { order: 1 } }, '{"order":1}'],
  ['a file', { file }, 'from a file'],
  ['a stream', { stream: Readable.from(pieces) }, 'in pieces'],
  ['a stream that is known', known('in pieces'), 'in pieces'],
];

function publisherFor(
  broadcaster: { readonly url: string },
  options: Partial<WebsocketPublisherOptions> = {},
) {
  return websocketPublisher({
    broadcasters: [broadcaster],
    reconnect: { delay: 10, maxDelay: 20 },
    ...options,
  });
}

test.each(payloads)('publishes %s, and tells how many it reached', async (_what, payload, content) => {
  await using broadcaster = await startBroadcaster();
  await using subscriber = await openClient(broadcaster.url);
  await using publisher = publisherFor(broadcaster, { spool: { threshold: 4 } });
  await subscriber.subscribe({ topic: Buffer.from('orders') });
  expect(await publisher.notify('orders', payload, { id: 'one', key: 'eu' })).toEqual({ notified: 1 });
  expect(await publisher.notify('others', 'x')).toEqual({ notified: 0 });
  await eventually(() => expect(subscriber.received).toHaveLength(1));
  const [received] = subscriber.received;
  expect(received?.body?.bytes().toString()).toBe(content);
  expect(eventFacts(received?.tracing ?? new Uint8Array())).toMatchObject({ id: 'one', key: 'eu' });
});

test('many are on their way at the same time, in their order', async () => {
  await using broadcaster = await startBroadcaster();
  await using subscriber = await openClient(broadcaster.url);
  await using publisher = publisherFor(broadcaster, { maxPending: 10 });
  await subscriber.subscribe({ topic: Buffer.from('orders') });
  const numbers = Array.from({ length: 100 }, (_, index) => index);
  const replies = await Promise.all(numbers.map((number) => publisher.notify('orders', { json: number })));
  expect(replies).toEqual(numbers.map(() => ({ notified: 1 })));
  await eventually(() => expect(subscriber.received).toHaveLength(100));
  expect(subscriber.received.map(({ body }) => Number(body?.bytes()))).toEqual(numbers);
});

const isNotify = (message: SubscriberMessage) => message.kind === 'notify';

test('what was not confirmed is sent again with the same identifier when the connection is back', async () => {
  await using broadcaster = await scriptedBroadcaster();
  await using publisher = publisherFor(broadcaster);
  const published = [publisher.notify('orders', '1'), publisher.notify('orders', '2')];
  await eventually(() => expect(broadcaster.heard.filter(isNotify)).toHaveLength(2));
  broadcaster.sockets[0]?.terminate();
  await eventually(() => expect(broadcaster.heard.filter(isNotify)).toHaveLength(4));
  const identifiers = broadcaster.heard.flatMap((it) => (it.kind === 'notify' ? [it.identifier] : []));
  expect(identifiers.slice(2)).toEqual(identifiers.slice(0, 2));
  for (const [index, identifier] of identifiers.slice(2).entries()) {
    broadcaster.say({ kind: 'confirm-notify', ...unsigned, identifier, subscribers: index });
  }
  expect(await Promise.all(published)).toEqual([{ notified: 0 }, { notified: 1 }]);
});

test.each([
  ['at once, if it is not to be sent again', { retryAmbiguous: false }, 1],
  ['after as many tries as are allowed', { retries: 1 }, 2],
] as const)('whether it was published is open %s', async (_when, options, tries) => {
  await using broadcaster = await scriptedBroadcaster();
  await using publisher = publisherFor(broadcaster, options);
  const published = publisher.notify('orders', '1');
  for (let count = 1; count <= tries; count += 1) {
    await eventually(() => expect(broadcaster.heard.filter(isNotify)).toHaveLength(count));
    broadcaster.sockets.at(-1)?.terminate();
  }
  await expect(published).rejects.toMatchObject({
    code: 'PUBSUB_AMBIGUOUS',
    cause: { code: 'PUBSUB_CONNECTION_LOST' },
  });
  expect(broadcaster.heard.filter(isNotify)).toHaveLength(tries);
});

test('without a broadcaster nothing is published, and that is certain', async () => {
  await using publisher = publisherFor({ url: 'ws://127.0.0.1:1' }, { connectionTimeout: 1_000 });
  await expect(publisher.notify('orders', '1')).rejects.toMatchObject({
    code: 'PUBSUB_UNREACHABLE',
    cause: { code: 'PUBSUB_UNREACHABLE' },
  });
  expect(publisher.health()).toMatchObject([{ up: false, problem: expect.stringContaining('127.0.0.1:1') }]);
});

test('a broadcaster that comes later gets what waits for it', async () => {
  const broadcaster = await startBroadcaster();
  await broadcaster.close();
  await using publisher = publisherFor(broadcaster);
  const published = publisher.notify('orders', '1');
  await eventually(() => expect(publisher.health()).toMatchObject([{ up: false }]));
  await using again = await startBroadcaster({ port: broadcaster.port });
  expect(await published).toEqual({ notified: 0 });
  expect(again.published).toHaveLength(1);
  expect(publisher.health()).toMatchObject([{ up: true, failures: 0 }]);
});

test('who gives up hears his own reason, or that it is open what became of it', async () => {
  const reason = new Error('too late');
  await using publisher = publisherFor({ url: 'ws://127.0.0.1:1' });
  const giveUp = new AbortController();
  const waiting = publisher.notify('orders', '1', { signal: giveUp.signal });
  giveUp.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await using broadcaster = await scriptedBroadcaster();
  await using other = publisherFor(broadcaster);
  const later = new AbortController();
  const sent = other.notify('orders', '1', { signal: later.signal });
  await eventually(() => expect(broadcaster.heard.filter(isNotify)).toHaveLength(1));
  later.abort(reason);
  await expect(sent).rejects.toMatchObject({ code: 'PUBSUB_AMBIGUOUS', cause: reason });
  const identifier = broadcaster.heard.flatMap((it) => (it.kind === 'notify' ? [it.identifier] : []))[0];
  broadcaster.say({
    kind: 'confirm-notify',
    ...unsigned,
    identifier: identifier ?? Buffer.of(0),
    subscribers: 0,
  });
});

test.each([
  ['has fewer bytes than it says', 'in pieces and more'],
  ['has more bytes than it says', 'in'],
])('a stream that %s is refused, and what comes next is published', async (_what, text) => {
  await using broadcaster = await startBroadcaster();
  await using publisher = publisherFor(broadcaster, { compression: false });
  await expect(publisher.notify('orders', known(text))).rejects.toMatchObject({ code: 'PUBSUB_PAYLOAD' });
  expect(await publisher.notify('orders', 'next')).toEqual({ notified: 0 });
  expect(broadcaster.published).toHaveLength(1);
});

test('what is too large, or comes after the end, is refused before anything is sent', async () => {
  await using broadcaster = await startBroadcaster();
  const publisher = publisherFor(broadcaster, { maxBody: 3 });
  await expect(publisher.notify('orders', 'four')).rejects.toMatchObject({ code: 'PUBSUB_OPTIONS' });
  const last = publisher.notify('orders', 'one');
  await Promise.all([publisher.close(), publisher.close()]);
  expect(await last).toEqual({ notified: 0 });
  await expect(publisher.notify('orders', 'two')).rejects.toMatchObject({ code: 'PUBSUB_UNREACHABLE' });
  await eventually(() => expect(broadcaster.endpoint.sockets).toBe(0));
});
