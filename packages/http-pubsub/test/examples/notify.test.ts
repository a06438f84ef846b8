import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { httpPublisher, httpPubsub } from '@millrace/http-pubsub';
import { expect, onTestFinished, test, vi } from 'vitest';
import { neighbourhood } from './support/neighbourhood.ts';

async function pair() {
  const { url, listener, ...broadcaster } = await neighbourhood();
  const source = httpPubsub({
    ...broadcaster,
    listener,
    publicUrl: url,
    globs: ['foo/*'],
    decode: 'bytes',
  });
  const consumer = createConsumer({
    name: 'reader',
    sources: [source],
    store: memoryStore(),
    log: silentLogger,
  });
  const publisher = httpPublisher(broadcaster);
  const heard: Message[] = [];
  consumer.on(async (message: Message) => void heard.push(message));
  onTestFinished(async () => {
    await consumer.stop();
    await publisher.close();
  });
  await consumer.start();
  return {
    publisher,
    heard,
    textOf: (index: number) => Buffer.from(heard[index]?.data as Uint8Array).toString(),
  };
}

test('notify with bytes, and hear how many were reached', async () => {
  const { publisher, textOf } = await pair();

  const { notified } = await publisher.notify('foo/bar', Buffer.from('Hello, world!'));

  expect(notified).toBe(1);
  expect(textOf(0)).toBe('Hello, world!');
});

test('notify with what becomes JSON, and with what the event is known by', async () => {
  const { publisher, heard, textOf } = await pair();

  const facts = { id: 'order-7', headers: { tenant: 'north' } };
  await publisher.notify('foo/bar', { json: { order: 7 } }, facts);
  await publisher.notify('foo/bar', { json: { order: 7 } }, facts);

  expect(textOf(0)).toBe('{"order":7}');
  expect(heard).toMatchObject([{ id: 'order-7', headers: { tenant: 'north' } }]);
});

test('notify with a file, and with a stream', async () => {
  const { publisher, textOf } = await pair();
  const folder = await mkdtemp(join(tmpdir(), 'notify-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'letter.txt');
  await writeFile(file, 'Dear all');

  await publisher.notify('foo/bar', { file });
  await publisher.notify('foo/baz', { stream: createReadStream(file) });

  expect([textOf(0), textOf(1)]).toEqual(['Dear all', 'Dear all']);
});

test('notify only: nothing listens', async () => {
  const { url: _url, listener: _listener, ...broadcaster } = await neighbourhood();
  const listening = vi.spyOn(Server.prototype, 'listen');
  onTestFinished(() => listening.mockRestore());

  await using publisher = httpPublisher(broadcaster);

  expect(await publisher.notify('foo/bar', 'to nobody')).toEqual({ notified: 0 });
  expect(listening).not.toHaveBeenCalled();
});
