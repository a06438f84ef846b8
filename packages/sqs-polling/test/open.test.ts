import { SQSClient } from '@aws-sdk/client-sqs';
import { isMillraceError } from '@millrace/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SqsOptions } from '../src/options.ts';
import { sqs } from '../src/source.ts';
import { credentials, useEmulator } from './support/emulator.ts';
import { read } from './support/reading.ts';
import { sourceContext } from './support/source-context.ts';
import { cut, fail } from './support/sqs-double.ts';
import { until } from './support/until.ts';

const emulator = useEmulator();

async function open(options: SqsOptions) {
  const session = await sqs(options).open(sourceContext());
  await session.close();
}

const calls = () => emulator.double.calls.map(({ action, input }) => ({ action, ...input }));

describe('opening', () => {
  it('looks the URL up by the name', async () => {
    const queue = emulator.queue();
    await open(queue.options);
    expect(calls()).toEqual([{ action: 'GetQueueUrl', QueueName: queue.name }]);
  });

  it('looks the URL up by name and account when it has the ARN', async () => {
    const queue = emulator.queue();
    const { region: _, ...rest } = queue.options;
    await open({ ...rest, queue: `arn:aws:sqs:us-east-1:000000000000:${queue.name}` });
    expect(calls()).toEqual([
      { action: 'GetQueueUrl', QueueName: queue.name, QueueOwnerAWSAccountId: '000000000000' },
    ]);
  });

  it('asks whether there is a queue at the URL, when it has that', async () => {
    const queue = emulator.queue();
    const { queue: _, region: __, ...rest } = queue.options;
    await open({ ...rest, queueUrl: queue.url });
    expect(calls()).toEqual([
      { action: 'GetQueueAttributes', QueueUrl: queue.url, AttributeNames: ['QueueArn'] },
    ]);
  });

  it('takes the region from the topic when nothing says more', async () => {
    const queue = emulator.queue();
    const { region: _, ...rest } = queue.options;
    const topicArn = 'arn:aws:sns:us-east-1:000000000000:events';
    const opened = await read({ ...rest, topicArn });
    onTestFinished(() => opened.end());
    queue.send('1');
    await until(() => opened.messages.length === 1);
    expect(opened.message(0).data).toBe(1);
  });
});

describe('opening fails, with what to do about it', () => {
  it('when there is no such queue', async () => {
    const queue = emulator.queue();
    await expect(open({ ...queue.options, queue: 'nowhere' })).rejects.toMatchObject({
      code: 'SQS_QUEUE_MISSING',
      message:
        'sqs:GetQueueUrl on nowhere: the queue does not exist in us-east-1. Check its name, region and account, or create it (QueueDoesNotExist).',
    });
  });

  it('and leaves no connection behind', async () => {
    const queue = emulator.queue();
    await expect(open({ ...queue.options, queue: 'nowhere' })).rejects.toThrow('does not exist');
    expect(calls()).toHaveLength(1);
    await until(async () => (await emulator.double.connections()) === 0);
  });

  it('when there is no queue at the URL', async () => {
    const queue = emulator.queue();
    const { queue: _, ...rest } = queue.options;
    await expect(open({ ...rest, queueUrl: `${queue.url}-gone` })).rejects.toMatchObject({
      code: 'SQS_QUEUE_MISSING',
    });
  });

  it.each([
    [fail('AccessDeniedException'), 'SQS_ACCESS_DENIED', 'Allow sqs:GetQueueUrl'],
    [fail('InvalidClientTokenId', { status: 403 }), 'SQS_CREDENTIALS', 'belong to this account'],
    [fail('InvalidAddress'), 'SQS_QUEUE_MISSING', 'account'],
  ] as const)('when AWS refuses: %#', async (answer, code, words) => {
    const queue = emulator.queue();
    emulator.double.always('GetQueueUrl', answer);
    await expect(open(queue.options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });

  it('when the queue may be found but not be looked at', async () => {
    const queue = emulator.queue();
    const { queue: _, ...rest } = queue.options;
    emulator.double.always('GetQueueAttributes', fail('AccessDenied', { status: 403 }));
    await expect(open({ ...rest, queueUrl: queue.url })).rejects.toMatchObject({
      code: 'SQS_ACCESS_DENIED',
      message: expect.stringContaining('Allow sqs:GetQueueAttributes'),
    });
  });

  it('when AWS can not be reached', async () => {
    const queue = emulator.queue();
    emulator.double.always('GetQueueUrl', cut);
    await expect(open(queue.options)).rejects.toMatchObject({ code: 'SQS_UNREACHABLE' });
  });

  it('when there are no credentials', async () => {
    const queue = emulator.queue();
    const none = () => Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }));
    await expect(open({ ...queue.options, credentials: none })).rejects.toMatchObject({
      code: 'SQS_CREDENTIALS',
    });
  });

  it('when there is no region, rather than guess one', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(open({ queue: 'orders', endpoint: emulator.double.url, credentials })).rejects.toMatchObject(
      {
        code: 'SQS_REGION_MISSING',
        message: expect.stringContaining('AWS_REGION'),
      },
    );
    expect(emulator.double.calls).toEqual([]);
  });

  it.each([
    ['client', { client: 'us-east-1', receiveClient: 'us-east-1' }],
    ['receiveClient', { client: 'eu-west-1', receiveClient: 'us-east-1' }],
  ] as const)('when a ready client is for another region than the queue: %s', async (_name, regions) => {
    const clientFor = (region: string) => {
      const client = new SQSClient({ endpoint: emulator.double.url, region, credentials });
      onTestFinished(() => client.destroy());
      return client;
    };
    const options = {
      queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders',
      client: clientFor(regions.client),
      receiveClient: clientFor(regions.receiveClient),
    };
    await expect(open(options)).rejects.toMatchObject({
      code: 'SQS_REGION_MISMATCH',
      message: expect.stringContaining('Make the client for eu-west-1'),
    });
    expect(emulator.double.calls).toEqual([]);
  });
});

describe('opening again', () => {
  it.each([
    ['throttled', fail('RequestThrottled')],
    ['out of order', fail('InternalError', { status: 500 })],
    ['unreachable', cut],
  ] as const)(
    'while SQS is %s is worth another try: core gets an error without a code',
    async (_name, answer) => {
      const queue = emulator.queue();
      const source = sqs(queue.options);
      const session = await source.open(sourceContext());
      await session.close();
      emulator.double.always('GetQueueUrl', answer);
      const error: unknown = await source.open(sourceContext()).catch((reason: unknown) => reason);
      expect(isMillraceError(error)).toBe(false);
      expect(error).toMatchObject({ cause: { code: expect.stringMatching(/THROTTLED|FAULT|UNREACHABLE/) } });
    },
  );

  it('fails for good when the queue is gone', async () => {
    const queue = emulator.queue();
    const source = sqs(queue.options);
    const session = await source.open(sourceContext());
    await session.close();
    emulator.server.deleteQueue(queue.name);
    await expect(source.open(sourceContext())).rejects.toMatchObject({ code: 'SQS_QUEUE_MISSING' });
  });
});
