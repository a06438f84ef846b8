import type { Consumer, ConsumerOptions, HandlerContext, Message, SourceHealth } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SqsOptions } from '../src/index.ts';
import { sqs } from '../src/index.ts';
import type { TestQueue } from './support/emulator.ts';
import { useEmulator } from './support/emulator.ts';
import { cut, fail, reply } from './support/sqs-double.ts';
import { until } from './support/until.ts';

const emulator = useEmulator();

interface Running {
  readonly consumer: Consumer;
  readonly queue: TestQueue;
  /** What handlers were given, in order. */
  readonly handled: Message[];
  health(): SourceHealth | undefined;
}

async function consume(
  handle: (message: Message, context: HandlerContext) => unknown = () => {},
  {
    source,
    queue = emulator.queue(),
    ...options
  }: Partial<ConsumerOptions> & { source?: Partial<SqsOptions>; queue?: TestQueue } = {},
): Promise<Running> {
  const handled: Message[] = [];
  const consumer = createConsumer({
    name: 'billing',
    sources: [sqs({ name: 'queue', drainPoll: 20, ...queue.options, ...source })],
    store: memoryStore(),
    log: silentLogger,
    random: () => 0,
    ...options,
  });
  consumer.on(async (message: Message, context: HandlerContext) => {
    handled.push(message);
    await handle(message, context);
  });
  onTestFinished(() => consumer.stop({ now: true }));
  await consumer.start();
  return { consumer, queue, handled, health: () => consumer.health().sources['queue'] };
}

const event = (name: string) => ({
  messageAttributes: { event: { DataType: 'String', StringValue: name } },
});
const calls = (action: string) => emulator.double.calls.filter((call) => call.action === action).length;

describe('a consumer', () => {
  it('handles what is in the queue and deletes it, with two calls for ten messages', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 200; n += 1) queue.send(n, event('Counted.shop'));
    const { handled } = await consume(undefined, { queue, source: { concurrency: 50 } });
    await until(() => queue.counts().ready + queue.counts().inFlight === 0);
    expect(handled.map(({ data }) => data).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
    expect(handled[0]).toMatchObject({ type: 'Counted.shop', source: 'queue' });
    expect(calls('ReceiveMessage') + calls('DeleteMessageBatch')).toBeLessThanOrEqual(2 * 20 + 8);
    expect(calls('DeleteMessage')).toBe(0);
  });

  it('is ready when the queue is empty, and says when it last looked', async () => {
    const { health } = await consume();
    await until(() => health()?.lastFetchAt);
    expect(health()).toMatchObject({ status: 'ready', inFlight: 0, reason: undefined });
  });

  it('tries again what failed, after a delay that the queue keeps', async () => {
    const { queue, handled } = await consume(
      (_message, { attempt }) => {
        if (attempt === 1) throw new Error('not yet');
      },
      { retry: { delay: 1_000 }, random: () => 0.9 },
    );
    queue.send('1', event('A.b'));
    await until(() => handled.length === 1);
    await until(() => calls('ChangeMessageVisibilityBatch') === 1);
    await until(() => handled.length === 2);
    expect(handled.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 2]);
    await until(() => queue.counts().inFlight + queue.counts().ready === 0);
  });

  it('keeps a message for a handler that takes longer than the visibility timeout', async () => {
    const { queue, handled, health } = await consume(
      () => new Promise((resolve) => setTimeout(resolve, 2_500)),
      { source: { visibilityTimeout: 1_000 } },
    );
    queue.send('1', event('A.b'));
    await until(() => handled.length === 1);
    await until(() => queue.counts().inFlight + queue.counts().ready === 0);
    await until(() => health()?.inFlight === 0);
    expect(handled).toHaveLength(1);
  });

  it('aborts a handler whose message is no longer ours, and handles the next delivery', async () => {
    const reasons: unknown[] = [];
    emulator.double.once(
      'ChangeMessageVisibilityBatch',
      reply({ Successful: [], Failed: [{ Id: '0', Code: 'ReceiptHandleIsInvalid', SenderFault: true }] }),
    );
    const { queue, handled } = await consume(
      async ({ deliveryCount }, { signal }) => {
        if (deliveryCount !== 1) return;
        await until(() => signal.aborted);
        reasons.push(signal.reason);
      },
      { source: { visibilityTimeout: 2_000 } },
    );
    queue.send('1', event('A.b'));
    await until(() => reasons.length === 1);
    expect(reasons[0]).toMatchObject({ code: 'LEASE_LOST' });
    await until(() => handled.length === 2);
    await until(() => queue.counts().inFlight + queue.counts().ready === 0);
  });

  it('parks what is no JSON, whole, and goes on', async () => {
    const { consumer, queue, handled } = await consume();
    queue.send('{"order":', event('A.b'));
    queue.send('{"order":8}', event('A.b'));
    await until(() => handled.length === 1);
    await until(() => queue.counts().inFlight + queue.counts().ready === 0);
    const { letters } = await consumer.deadLetters.list();
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      error: { code: 'PAYLOAD_UNDECODABLE' },
      message: { raw: '{"order":', type: 'A.b' },
    });
    expect(handled[0]?.data).toEqual({ order: 8 });
  });

  it('takes a body of 1 MiB', async () => {
    const { queue, handled } = await consume();
    queue.send(JSON.stringify('x'.repeat(1_048_574)));
    await until(() => handled.length === 1);
    expect(handled[0]?.data).toHaveLength(1_048_574);
  });

  it('is degraded while polls are throttled, and recovers', async () => {
    for (let n = 0; n < 2; n += 1) emulator.double.once('ReceiveMessage', fail('RequestThrottled'));
    const { queue, handled, health } = await consume();
    await until(() => health()?.status === 'degraded');
    expect(health()?.reason).toMatchObject({ code: 'SQS_THROTTLED' });
    queue.send('1', event('A.b'));
    await until(() => handled.length === 1);
    expect(health()).toMatchObject({ status: 'ready', reason: undefined });
  });

  it('is degraded while the queue is gone, and recovers when it is back', async () => {
    const { queue, handled, health } = await consume();
    await until(() => health()?.lastFetchAt);
    emulator.server.deleteQueue(queue.name);
    await until(() => health()?.status === 'degraded');
    expect(health()?.reason).toMatchObject({ code: 'SQS_QUEUE_MISSING' });
    emulator.server.createQueue(queue.name);
    queue.send('1', event('A.b'));
    await until(() => handled.length === 1);
    expect(health()?.status).toBe('ready');
  });

  it('fails when the queue stays gone for longer than `giveUpAfter`', async () => {
    const { consumer, queue, health } = await consume(undefined, { source: { giveUpAfter: 0 } });
    await until(() => health()?.lastFetchAt);
    emulator.server.deleteQueue(queue.name);
    await until(() => consumer.health().status === 'failed' || consumer.health().status === 'stopped');
    expect(health()?.reason).toMatchObject({ code: 'SOURCE_FAILED' });
    expect(health()?.reason?.message).toContain('does not exist');
  });

  it('goes on when the connection of a poll is cut', async () => {
    emulator.double.once('ReceiveMessage', cut);
    const { queue, handled, health } = await consume();
    await until(() => health()?.status === 'degraded');
    expect(health()?.reason).toMatchObject({ code: 'SQS_UNREACHABLE' });
    queue.send('1', event('A.b'));
    await until(() => handled.length === 1);
    expect(handled[0]?.deliveryCount).toBe(1);
  });

  it('drains when it stops: what runs is finished and deleted, the rest is at once there for others', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 6; n += 1) queue.send(n, event('A.b'));
    let finish = () => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const { consumer, handled, health } = await consume(() => finished, {
      queue,
      source: { concurrency: 2, prefetch: 4 },
    });
    await until(() => handled.length === 2 && health()?.inFlight === 6);
    const stopped = consumer.stop();
    await until(() => queue.counts().ready === 4);
    expect(queue.counts().inFlight).toBe(2);
    finish();
    await stopped;
    expect(queue.counts()).toEqual({ ready: 4, inFlight: 0 });
    expect(handled).toHaveLength(2);
  });

  it('handles a FIFO group in order, others beside it', async () => {
    const queue = emulator.queue({ fifo: true });
    for (let n = 0; n < 5; n += 1) {
      queue.send(n, { ...event('A.b'), messageGroupId: 'a' });
      queue.send(n, { ...event('A.b'), messageGroupId: 'b', messageDeduplicationId: `b${n}` });
    }
    const { handled } = await consume(undefined, { queue });
    await until(() => handled.length === 10);
    const of = (key: string) => handled.filter((message) => message.key === key).map(({ data }) => data);
    expect(of('a')).toEqual([0, 1, 2, 3, 4]);
    expect(of('b')).toEqual([0, 1, 2, 3, 4]);
  });
});
