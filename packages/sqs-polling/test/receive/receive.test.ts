import { describe, expect, it, onTestFinished } from 'vitest';
import { createParallelism } from '../../src/receive/parallelism.ts';
import { useEmulator } from '../support/emulator.ts';
import type { Reading } from '../support/reading.ts';
import { read } from '../support/reading.ts';
import { until } from '../support/until.ts';

const emulator = useEmulator();

async function reading(...args: Parameters<typeof read>): Promise<Reading> {
  const opened = await read(...args);
  onTestFinished(() => opened.end());
  return opened;
}

const polls = () => emulator.double.calls.filter(({ action }) => action === 'ReceiveMessage');

describe('receiving', () => {
  it('brings a message with everything that SQS tells of it', async () => {
    const queue = emulator.queue();
    queue.send({ order: 7 }, { messageAttributes: { event: { DataType: 'String', StringValue: 'A.b' } } });
    const opened = await reading(queue.options);
    await until(() => opened.messages.length === 1);
    const [message] = opened.messages;
    expect(message).toMatchObject({ type: 'A.b', data: { order: 7 }, deliveryCount: 1, key: undefined });
    expect(message?.time).toBeInstanceOf(Date);
    expect(queue.counts()).toEqual({ ready: 0, inFlight: 1 });
  });

  it('unwraps what SNS delivers, raw or not', async () => {
    const queue = emulator.queue();
    const { server } = emulator;
    for (const [topic, raw] of [
      ['wrapped', 'false'],
      ['bare', 'true'],
    ] as const) {
      server.createTopic(topic);
      server.subscribe({ topic, queue: queue.name, attributes: { RawMessageDelivery: raw } });
      server.publish(topic, '{"order":7}', {
        messageAttributes: { event: { DataType: 'String', StringValue: `${topic}.shop` } },
      });
    }
    const opened = await reading(queue.options);
    await until(() => opened.messages.length === 2);
    expect(opened.messages.map(({ type, data }) => ({ type, data }))).toEqual([
      { type: 'wrapped.shop', data: { order: 7 } },
      { type: 'bare.shop', data: { order: 7 } },
    ]);
  });

  it('asks for all attributes, the visibility timeout and the wait time with each poll', async () => {
    const queue = emulator.queue();
    await reading({ ...queue.options, visibilityTimeout: 45_000 });
    await until(() => polls().length > 0);
    expect(polls()[0]?.input).toEqual({
      QueueUrl: queue.url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      VisibilityTimeout: 45,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
  });

  it('tells core of each answer, empty ones included, and goes on', async () => {
    const queue = emulator.queue();
    const opened = await reading(queue.options);
    await until(() => opened.context.fetches === 2);
    expect(opened.batches).toEqual([]);
    queue.send('1');
    await until(() => opened.messages.length === 1);
    expect(opened.context.reasons).toEqual([]);
  });

  it('survives a body of 1 MiB', async () => {
    const queue = emulator.queue();
    const body = JSON.stringify('x'.repeat(1_048_576 - 2));
    queue.send(body);
    const opened = await reading(queue.options);
    await until(() => opened.messages.length === 1);
    expect(opened.messages[0]?.raw).toHaveLength(1_048_576);
  });
});

describe('room', () => {
  it('bounds what is received, and is given back where a poll brought less', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 30; n += 1) queue.send(n);
    const opened = await reading(queue.options, { room: 14 });
    await until(() => opened.messages.length === 14);
    await until(() => opened.demand.available === 0);
    expect(queue.counts()).toEqual({ ready: 16, inFlight: 14 });
    opened.demand.free(3);
    await until(() => opened.messages.length === 17);
    await opened.end();
    expect(opened.demand.available).toBe(0);
    opened.demand.free(14);
    expect(opened.demand.available).toBe(14);
  });

  it('is all there again when an idle source has stopped', async () => {
    const queue = emulator.queue();
    const opened = await reading(queue.options);
    await until(() => polls().length > 0);
    expect(opened.demand.available).toBe(22);
    await opened.end();
    expect(opened.demand.available).toBe(32);
  });

  it('is gathered, so that places freed one by one do not make a poll each', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 40; n += 1) queue.send(n);
    const opened = await reading({ ...queue.options, concurrency: 10, prefetch: 10 }, { room: 20 });
    await until(() => opened.messages.length === 20);
    const before = polls().length;
    for (let n = 0; n < 20; n += 1) {
      opened.demand.free(1);
      await new Promise(setImmediate);
    }
    await until(() => opened.messages.length === 40);
    const sizes = polls()
      .slice(before)
      .map(({ input }) => input['MaxNumberOfMessages']);
    expect(sizes.length).toBeLessThanOrEqual(5);
    for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual(5);
  });

  it('is used after a while even when it stays small', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 21; n += 1) queue.send(n);
    const opened = await reading(queue.options, { room: 20 });
    await until(() => opened.messages.length === 20);
    opened.demand.free(1);
    await until(() => opened.messages.length === 21);
    expect(polls().at(-1)?.input['MaxNumberOfMessages']).toBe(1);
  });
});

describe('parallel polls', () => {
  it('are one when the queue is idle', async () => {
    const queue = emulator.queue();
    const opened = await reading(queue.options, { room: 200 });
    await until(() => opened.context.fetches === 2);
    expect(polls().length).toBeLessThanOrEqual(3);
  });

  it('become more while polls come back full, up to `maxPolls`', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 200; n += 1) queue.send(n);
    let underWay = 0;
    let most = 0;
    emulator.double.always('ReceiveMessage', async (_call, { response, pass }) => {
      underWay += 1;
      most = Math.max(most, underWay);
      response.on('close', () => (underWay -= 1));
      const { body } = await pass();
      // Time for others to join.
      await new Promise((resolve) => setTimeout(resolve, 20));
      response.end(body);
    });
    const opened = await reading({ ...queue.options, maxPolls: 4 }, { room: 300 });
    await until(() => opened.messages.length === 200);
    expect(most).toBe(4);
    expect(new Set(opened.messages.map(({ id }) => id)).size).toBe(200);
    await until(() => underWay === 1);
  });

  it('double with full answers, shrink with small ones, and fall back with nothing and with trouble', () => {
    const parallelism = createParallelism(6);
    const limits = [
      [10, 10],
      [10, 10],
      [3, 3],
      [5, 10],
      [4, 10],
      [0, 10],
      [4, 10],
      [10, 10],
    ].map(([received = 0, asked = 0]) => {
      parallelism.answered(received, asked);
      return parallelism.limit;
    });
    expect(limits).toEqual([2, 4, 6, 6, 5, 1, 1, 2]);
    parallelism.failed();
    expect(parallelism.limit).toBe(1);
  });

  it('take two calls for twenty messages, not twenty', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 100; n += 1) queue.send(n);
    const opened = await reading(queue.options, { room: 1_000 });
    await until(() => opened.messages.length === 100);
    expect(polls().filter(({ input }) => input['MaxNumberOfMessages'] === 10).length).toBeLessThanOrEqual(
      10 + 4,
    );
  });
});
