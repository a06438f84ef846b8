import type { Logger, Message } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { expect, onTestFinished, test } from 'vitest';
import type { SqsOptions } from '../src/index.ts';
import { filterPolicy, publishEvent, snsPublisher, sqs } from '../src/index.ts';
import type { TestQueue } from './support/emulator.ts';
import { credentials, region, useEmulator } from './support/emulator.ts';
import { until } from './support/until.ts';

const emulator = useEmulator();

interface Deployment {
  readonly queue: TestQueue;
  readonly topicArn: string;
  readonly options: SqsOptions;
}

/** A queue that gets the events of a topic, with all that AWS wants in between, or without the queue's policy. */
function deploy(patterns: readonly string[], { withPolicy = true } = {}): Deployment {
  const dead = emulator.queue();
  const { name } = emulator.queue();
  emulator.server.deleteQueue(name);
  const arnOf = (service: string, name: string) => `arn:aws:${service}:${region}:000000000000:${name}`;
  const { topicArn } = emulator.server.createTopic(name);
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arnOf('sqs', name),
    Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
  };
  const redrive = { deadLetterTargetArn: arnOf('sqs', dead.name), maxReceiveCount: 10 };
  const { queueUrl: url } = emulator.server.createQueue(name, {
    attributes: {
      RedrivePolicy: JSON.stringify(redrive),
      ...(withPolicy ? { Policy: JSON.stringify({ Statement: [statement] }) } : {}),
    },
  });
  const FilterPolicy = JSON.stringify(filterPolicy(patterns));
  emulator.server.subscribe({
    topic: name,
    queue: name,
    attributes: { FilterPolicy, RawMessageDelivery: 'true' },
  });
  // Topics speak another protocol than the double, so they are asked directly.
  const options = {
    endpoint: emulator.server.address,
    region,
    credentials,
    queue: name,
    waitTime: 1_000,
    drainPoll: 20,
    topicArn,
  };
  return { queue: { ...dead, name, url }, topicArn, options };
}

function consume(
  { options }: Deployment,
  types: string | readonly string[],
  changes: SqsOptions = {},
  log: Logger = silentLogger,
) {
  const handled: Message[] = [];
  const consumer = createConsumer({
    name: 'billing',
    sources: [sqs({ ...options, ...changes })],
    store: memoryStore(),
    log,
  });
  consumer.on(types, async (message) => void handled.push(message));
  onTestFinished(() => consumer.stop({ now: true }));
  return { consumer, handled };
}

test('what a function publishes reaches the handlers of its type, once, and no others', async () => {
  const deployment = deploy(['Order*.shop', 'Refunded.shop']);
  const { consumer, handled } = consume(deployment, ['Order*.shop', 'Refunded.shop']);
  await consumer.start();
  const { topicArn } = deployment;
  const publisher = snsPublisher({
    topicArn,
    endpoint: emulator.server.address,
    credentials,
    suffix: '.shop',
  });
  const place = publishEvent(
    publisher,
    { type: 'OrderPlaced', id: ({ number }) => `order-${number}` },
    async (number: number) => ({ number }),
  );
  await place(1);
  await publisher.publish({ type: 'StockCounted', data: 'not for this queue' });
  // The same event once more, as after a lost answer.
  await place(1);
  await publisher.publish({ type: 'Refunded', id: 'refund-1', data: 1 });
  await until(() => handled.length === 2);
  expect(
    handled
      .map(({ id, type, data }) => [id, type, data])
      .toSorted(([a], [b]) => String(a).localeCompare(String(b))),
  ).toEqual([
    ['order-1', 'OrderPlaced.shop', { number: 1 }],
    ['refund-1', 'Refunded.shop', 1],
  ]);
  await until(() => {
    const messages = emulator.server.inspectQueue(deployment.queue.name)?.messages;
    return messages?.ready.length === 0 && messages.inflight.length === 0;
  });
  expect(handled).toHaveLength(2);
  await publisher.close();
});

test('a consumer whose events could not arrive does not start, and says why', async () => {
  const deployment = deploy(['Other.shop'], { withPolicy: false });
  const { consumer } = consume(deployment, 'OrderPlaced.shop');
  const error: unknown = await consumer.start().catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'VERIFY_FAILED' });
  const { message } = error as Error;
  expect(message).toContain('[SQS_QUEUE_POLICY] SNS may not send');
  expect(message).toContain(
    '[SQS_FILTER_POLICY_MISMATCH] The deployed filter policy keeps back events that have handlers: OrderPlaced.shop.',
  );
  expect(message).not.toContain('SQS_FILTER_POLICY_EXTRA');
});

test('it starts when it is told only to warn', async () => {
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const deployment = deploy(['Other.shop'], { withPolicy: false });
  const { consumer } = consume(deployment, 'OrderPlaced.shop', { verify: 'warn' }, log);
  const report = await consumer.start();
  expect(warnings.filter((text) => text.includes('queue policy for'))).toHaveLength(1);
  expect(report.unhandled).toEqual([{ source: deployment.queue.name, type: 'Other.shop' }]);
  expect(report.unfed).toMatchObject([{ patterns: ['OrderPlaced.shop'] }]);
});
