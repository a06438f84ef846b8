import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { linkTo } from '@millrace/testing/eventstore';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bench, numbers } from './support/bench.ts';
import { until } from './support/until.ts';

describe('a stream', () => {
  it('is read from its start, and then as it grows', async () => {
    const { append, consume } = await bench();
    append('orders', 1, 40);
    const { details, messages } = await consume({ source: { from: { stream: 'orders' } } });
    await until(() => messages.length === 40);
    append('orders', 41, 42);
    await until(() => messages.length === 42);
    expect(messages.map(({ position }) => position)).toEqual(numbers(0, 41).map((n) => `r:${n}`));
    expect(messages[0]).toMatchObject({ type: 'Counted', key: 'orders', channel: 'orders' });
    await until(() => details()['state'] === 'live');
    expect(details()).toMatchObject({ position: 'r:41', lag: 0, resubscribed: 0 });
  });

  it('goes on after the marker, after a drain', async () => {
    const { append, consume, marker } = await bench();
    append('orders', 1, 5);
    const first = await consume({ source: { from: { stream: 'orders' } } });
    await until(() => first.messages.length === 5);
    await first.consumer.stop();
    expect(marker()).toBe('r:4');
    append('orders', 6, 8);
    const second = await consume({ source: { from: { stream: 'orders' } } });
    await until(() => second.messages.length === 3);
    expect(second.handled).toEqual([6, 7, 8]);
  });

  it('is started at its end so that not even a restart before the first event misses one', async () => {
    const { append, consume, marker } = await bench();
    append('orders', 1, 5);
    const first = await consume({ source: { from: { stream: 'orders' }, start: 'latest' } });
    await first.consumer.stop();
    expect(marker()).toBe('r:4');
    append('orders', 6, 6);
    const second = await consume({ source: { from: { stream: 'orders' }, start: 'latest' } });
    await until(() => second.messages.length === 1);
    expect(second.handled).toEqual([6]);
  });

  it('may come later than its consumer', async () => {
    const { append, consume, marker } = await bench();
    const first = await consume({ source: { from: { stream: 'orders' }, start: 'latest' } });
    await first.consumer.stop();
    expect(marker()).toBe('r:start');
    append('orders', 1, 1);
    const { messages } = await consume({ source: { from: { stream: 'orders' }, start: 'latest' } });
    await until(() => messages.length === 1);
  });

  it('with a poisoned event keeps it as a dead letter, and goes on', async () => {
    const { server, append, consume } = await bench();
    server.append('orders', [{ type: 'Counted', data: Buffer.from('{"n":'), json: true }]);
    append('orders', 2, 2);
    const consuming = await consume({ source: { from: { stream: 'orders' } } });
    await until(() => consuming.messages.length === 1);
    expect(consuming.handled).toEqual([2]);
    const { letters } = await consuming.consumer.deadLetters.list();
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ error: { code: 'PAYLOAD_UNDECODABLE' } });
  });
});

it('takes what there is in batches, not event by event', async () => {
  const { append, consume } = await bench();
  const batches: unknown[] = [];
  const listen = (batch: unknown) => void batches.push(batch);
  subscribe('millrace:receive', listen);
  onTestFinished(() => void unsubscribe('millrace:receive', listen));
  append('orders', 1, 500);
  const consuming = await consume({ source: { from: { stream: 'orders' } } });
  await until(() => consuming.handled.length === 500);
  // One by one it would be 500; how many go along depends on the streams of the Node.
  expect(batches.length).toBeLessThan(250);
});

describe('a category', () => {
  it('has the events behind its links, and the places of the links', async () => {
    const { server, append, consume, marker } = await bench();
    append('order-1', 1, 2);
    append('order-2', 3, 3);
    append('refund-1', 9, 9);
    const consuming = await consume({ source: { from: { category: 'order' } } });
    await until(() => consuming.messages.length === 3);
    expect(new Set(consuming.handled)).toEqual(new Set([1, 2, 3]));
    const placesOf = (stream: string) =>
      consuming.messages.filter(({ key }) => key === stream).map(({ position }) => position);
    // The streams have nothing to do with each other.
    expect(placesOf('order-1')).toEqual(['r:0', 'r:1']);
    expect(placesOf('order-2')).toEqual(['r:2']);
    server.deleteStream('order-1', { forGood: false });
    await consuming.consumer.stop();
    expect(marker()).toBe('r:2');
  });

  it('passes links to deleted events', async () => {
    const { server, consume, marker, append } = await bench({ projections: false });
    append('orders', 1, 1);
    server.append('$ce-order', [linkTo('orders', 0n), linkTo('gone', 3n), linkTo('gone', 4n)]);
    const consuming = await consume({ source: { from: { category: 'order' } } });
    await until(() => consuming.details()['deletedLinks'] === 2);
    expect(consuming.handled).toEqual([1]);
    await consuming.consumer.stop();
    expect(marker()).toBe('r:2');
  });

  it('is told apart by the type of its events', async () => {
    const { server, append, consume } = await bench();
    append('order-1', 1, 2);
    server.append('order-1', [{ type: 'Paid', data: { n: 3 } }]);
    const consuming = await consume({ source: { from: { eventType: 'Paid' } } });
    await until(() => consuming.messages.length === 1);
    expect(consuming.handled).toEqual([3]);
  });
});

describe('$all', () => {
  it('has places in the log, and events of the system only where they are wanted', async () => {
    const { server, append, consume, marker } = await bench();
    server.append('order-1', [{ type: 'Counted', data: { n: 1 } }], { transaction: true });
    server.append('order-1', [{ type: '$note', data: { n: 2 } }]);
    append('order-2', 3, 3);
    const plain = await consume({ source: { from: { all: true } } });
    await until(() => plain.messages.length === 2);
    expect(plain.handled).toEqual([1, 3]);
    const [event] = server.log.filter(({ type }) => type === 'Counted');
    expect(plain.messages[0]?.position).toBe(`p:${event?.position.commit}/${event?.position.prepare}`);
    await plain.consumer.stop();
    expect(marker()).toMatch(/^p:\d+\/\d+$/);
    const all = await consume({ source: { from: { all: true, systemEvents: true }, name: 'everything' } });
    await until(() => all.messages.length === server.log.length);
    expect(all.messages.map(({ type }) => type)).toContain('$note');
    await all.consumer.stop();
  });

  it('with a filter has no events of the system either', async () => {
    const { server, append, consume } = await bench();
    server.append('order-1', [{ type: '$note', data: { n: 1 } }]);
    append('order-1', 2, 2);
    const from = { all: true, filter: { streams: { prefixes: ['order-'] } } } as const;
    const consuming = await consume({ source: { from } });
    await until(() => consuming.messages.length > 0);
    expect(consuming.handled).toEqual([2]);
  });

  it('with a filter moves its marker past what the server leaves out, and never past what is not handled', async () => {
    const { append, consume, marker, server } = await bench({ projections: false });
    const blocked = Promise.withResolvers<void>();
    append('order-1', 1, 1);
    append('noise', 1, 600);
    const from = {
      all: true,
      filter: { streams: { prefixes: ['order-'] }, checkpointInterval: 1, maxSearchWindow: 10 },
    } as const;
    const first = await consume({
      source: { from },
      consumer: { markers: { every: 1, interval: 1 } },
      handle: () => blocked.promise,
    });
    await until(() => server.counters.checkpointsSent > 20 && first.details()['state'] === 'live');
    expect(marker() === undefined || marker() === 'p:start').toBe(true);
    blocked.resolve();
    const last = server.log.at(-1)?.position.commit;
    await until(() => marker()?.startsWith(`p:${last}/`));
    await first.consumer.stop();
    append('order-2', 2, 2);
    const second = await consume({ source: { from } });
    await until(() => second.messages.length === 1);
    expect(second.handled).toEqual([2]);
  });
});

it('live has what comes from now on, and no marker', async () => {
  const { append, consume, replay, server } = await bench();
  append('orders', 1, 3);
  const source = { from: { stream: 'orders' }, mode: 'live', start: undefined } as const;
  const consuming = await consume({ source });
  append('orders', 4, 4);
  await until(() => consuming.messages.length === 1);
  server.faults.killConnections();
  append('orders', 5, 6);
  await until(() => consuming.messages.length === 3);
  expect(consuming.handled).toEqual([4, 5, 6]);
  await consuming.consumer.stop();
  expect(replay.size).toBe(0);
});

it('is read by one consumer of the name at a time, and another takes over where it stopped', async () => {
  const { append, consume } = await bench();
  append('orders', 1, 3);
  const source = { from: { stream: 'orders' }, exclusive: true } as const;
  const first = await consume({ source });
  await until(() => first.messages.length === 3);
  const second = await consume({ source });
  expect(second.health().standby).toBe(true);
  await first.consumer.stop();
  append('orders', 4, 4);
  await until(() => second.messages.length === 1);
  expect(second.handled).toEqual([4]);
});

it('with marks moved by hand goes on after what was committed', async () => {
  const { append, consume, marker } = await bench();
  append('orders', 1, 5);
  const first = await consume({
    source: { from: { stream: 'orders' }, commit: 'manual' },
    handle: ({ data }, { commit }) => (data as { n: number }).n === 3 && commit(),
  });
  await until(() => first.messages.length === 5);
  await first.consumer.stop();
  expect(marker()).toBe('r:2');
});
