import type { Message, Source } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger, systemClock, wait } from '@millrace/core';
import type { HttpPubsubOptions } from '@millrace/http-pubsub';
import { httpPublisher, httpPubsub } from '@millrace/http-pubsub';
import { expect, onTestFinished, test } from 'vitest';
import { neighbourhood } from './support/neighbourhood.ts';

/** A consumer that writes down what it is told, and a publisher to tell it. */
async function listen(...wanted: readonly Pick<HttpPubsubOptions, 'exact' | 'globs' | 'name'>[]) {
  const { url, listener, ...broadcaster } = await neighbourhood();
  const sources: readonly Source[] = wanted.map((each, index) =>
    httpPubsub({ ...broadcaster, ...each, listener, publicUrl: `${url}/${index}`, decode: 'text' }),
  );
  const consumer = createConsumer({ name: 'reader', sources, store: memoryStore(), log: silentLogger });
  const publisher = httpPublisher(broadcaster);
  const heard: string[] = [];
  consumer.on(async ({ type, data }: Message) => void heard.push(`${type}: ${String(data)}`));
  onTestFinished(async () => {
    await consumer.stop();
    await publisher.close();
  });
  await consumer.start();
  return { consumer, publisher, heard };
}

test('subscribe to a topic', async () => {
  const { publisher, heard } = await listen({ exact: ['foo/bar'] });

  expect(await publisher.notify('foo/bar', Buffer.from('Hello, world!'))).toEqual({ notified: 1 });
  expect(await publisher.notify('foo/baz', Buffer.from('to nobody'))).toEqual({ notified: 0 });

  expect(heard).toEqual(['foo/bar: Hello, world!']);
});

test('subscribe to all topics of a pattern', async () => {
  const { publisher, heard } = await listen({ globs: ['foo/*'] });

  await publisher.notify('foo/bar', Buffer.from('one'));
  await publisher.notify('foo/baz', Buffer.from('other'));
  await publisher.notify('foo/bar/deeper', Buffer.from('to nobody'));

  expect(heard).toEqual(['foo/bar: one', 'foo/baz: other']);
});

test('subscribe to topics and patterns at once, and hear once what several of them mean', async () => {
  const { publisher, heard } = await listen({ exact: ['foo/bar', 'foo/baz'], globs: ['foo/*', 'bar/**'] });

  await publisher.notify('foo/bar', Buffer.from('one'));
  await publisher.notify('bar/some/where', Buffer.from('other'));

  expect(heard).toEqual(['foo/bar: one', 'bar/some/where: other']);
});

test('subscribe to topics and patterns one by one, each with its own settings', async () => {
  const { publisher, heard } = await listen(
    { name: 'orders', exact: ['orders'] },
    { name: 'parcels', globs: ['parcels/*'] },
  );

  await publisher.notify('orders', Buffer.from('one'));
  await publisher.notify('parcels/7', Buffer.from('other'));

  expect(heard).toEqual(['orders: one', 'parcels/7: other']);
});

test('wait for an event no longer than a while', async () => {
  const { publisher, heard } = await listen({ exact: ['foo/bar'] });
  const next = async (milliseconds: number) => {
    const [before, silence] = [heard.length, AbortSignal.timeout(milliseconds)];
    while (heard.length === before && !silence.aborted) await wait(systemClock, 5, silence);
    return heard[before];
  };

  expect(await next(20)).toBeUndefined();

  const [coming] = await Promise.all([next(10_000), publisher.notify('foo/bar', Buffer.from('at last'))]);
  expect(coming).toBe('foo/bar: at last');
});
