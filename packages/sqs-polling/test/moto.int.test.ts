import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Diagnostics, Incoming } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger, systemClock } from '@millrace/core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SqsOptions } from '../src/options.ts';
import { parseQueue } from '../src/queue.ts';
import type { Receipt } from '../src/settle/receipts.ts';
import { createSettling } from '../src/settle/settle.ts';
import { sqs } from '../src/source.ts';
import type { MotoServer } from './support/moto.ts';
import { needsMoto, startMoto } from './support/moto.ts';

const region = 'eu-west-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

// Unlike fauxqs it hands out several messages of a group at once, and knows a receipt handle from garbage.
describe('a queue on moto', await needsMoto(), () => {
  let server: MotoServer;
  let client: SQSClient;
  let url: string;
  let options: SqsOptions;

  beforeAll(async () => {
    server = await startMoto();
    client = new SQSClient({ endpoint: server.endpoint, region, credentials });
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
  });
  beforeEach(async () => {
    const queue = `orders-${Date.now()}.fifo`;
    const Attributes = { FifoQueue: 'true', ContentBasedDeduplication: 'true' };
    const created = await client.send(new CreateQueueCommand({ QueueName: queue, Attributes }));
    url = created.QueueUrl ?? '';
    options = { queue, endpoint: server.endpoint, region, credentials, waitTime: 1_000, verify: 'off' };
  });

  async function send(group: string, ...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const event = { DataType: 'String', StringValue: 'Ping' };
      const MessageAttributes = { event, 'event-id': { DataType: 'String', StringValue: name } };
      await client.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: JSON.stringify(name),
          MessageGroupId: group,
          MessageAttributes,
        }),
      );
    }
  }

  function batchSizes(): readonly number[] {
    const sizes: number[] = [];
    const listen = (message: unknown) => sizes.push((message as Diagnostics['receive']).count);
    subscribe('millrace:receive', listen);
    onTestFinished(() => void unsubscribe('millrace:receive', listen));
    return sizes;
  }

  async function left(): Promise<number> {
    const AttributeNames = [
      'ApproximateNumberOfMessages' as const,
      'ApproximateNumberOfMessagesNotVisible' as const,
    ];
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }

  async function consume(handle: (name: string) => void | Promise<void>): Promise<void> {
    const consumer = createConsumer({
      name: 'billing',
      sources: [sqs({ ...options, retry: { delay: 0 } })],
      store: memoryStore(),
      log: silentLogger,
    });
    onTestFinished(() => consumer.stop());
    consumer.on<string>('Ping', { name: 'ping' }, ({ data }) => handle(data));
    await consumer.start();
  }

  test('messages of a group that come in one batch are handled one after another', async () => {
    const sizes = batchSizes();
    await send('a', 'a1', 'a2', 'a3', 'a4');
    await send('b', 'b1', 'b2');
    const running = new Set<string>();
    const handled: string[] = [];
    await consume(async (name) => {
      const group = name.charAt(0);
      expect(running).not.toContain(group);
      running.add(group);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(group);
      handled.push(name);
    });
    await vi.waitFor(async () => expect(await left()).toBe(0), 20_000);
    expect(Math.max(...sizes)).toBeGreaterThan(2);
    expect(handled.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(handled.filter((name) => name.startsWith('b'))).toEqual(['b1', 'b2']);
  });

  test('a failure stops its group: those behind it in the batch go back and come after it', async () => {
    await send('a', 'a1', 'a2', 'a3', 'a4');
    const runs: string[] = [];
    await consume((name) => {
      runs.push(name);
      if (name === 'a2' && runs.filter((it) => it === 'a2').length === 1) throw new Error('once');
    });
    await vi.waitFor(async () => expect(await left()).toBe(0), 20_000);
    expect(runs).toEqual(['a1', 'a2', 'a2', 'a3', 'a4']);
  });

  test('a receipt handle that is garbage is a lost message, and does not hold up the others of its batch', async () => {
    await send('a', 'a1');
    const incoming = (id: string): Incoming => ({ id, type: 'Ping', data: id, headers: {}, raw: id });
    const [bad, good] = [incoming('bad'), incoming('good')];
    const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: url }));
    const receipt = (handle: string): Receipt => ({ handle, since: systemClock.monotonic(), sequence: 0 });
    const receipts = new WeakMap([
      [bad, receipt('garbage')],
      [good, receipt(Messages[0]?.ReceiptHandle ?? '')],
    ]);
    const queue = parseQueue(options);
    const address = { queue, region, url };
    const settling = createSettling({ client, address, clock: systemClock, receipts });
    const failures = await settling.settle([
      { incoming: bad, outcome: 'done' },
      { incoming: good, outcome: 'done' },
    ]);
    expect(failures).toMatchObject([{ incoming: { id: 'bad' }, final: true }]);
    expect(await left()).toBe(0);
  });
});
