import type { SNSClientConfig } from '@aws-sdk/client-sns';
import {
  CreateTopicCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { VerifyContext } from '@millrace/core';
import { silentLogger } from '@millrace/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filterPolicy } from '../../src/filter-policy/filter-policy.ts';
import type { SqsOptions } from '../../src/options.ts';
import { checkOptions } from '../../src/options.ts';
import { snsPublisher } from '../../src/publisher/sns-publisher.ts';
import { createVerification } from '../../src/verify/verification.ts';
import type { MotoServer } from '../support/moto.ts';
import { needsMoto, startMoto } from '../support/moto.ts';

const region = 'eu-west-1';
const account = '123456789012';
const queueArn = `arn:aws:sqs:${region}:${account}:orders`;
const topicArn = `arn:aws:sns:${region}:${account}:shop`;
const patterns = ['OrderPlaced.shop', 'Refund*'];

describe('on moto, which writes policies in its own way and tells the scope', await needsMoto(), () => {
  let server: MotoServer;
  let config: SNSClientConfig & {
    endpoint: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
  let sns: SNSClient;
  let sqs: SQSClient;
  let QueueUrl: string | undefined;
  let SubscriptionArn: string | undefined;

  beforeAll(async () => {
    server = await startMoto();
    config = {
      endpoint: server.endpoint,
      region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    sns = new SNSClient(config);
    sqs = new SQSClient(config);
    await sqs.send(new CreateQueueCommand({ QueueName: 'orders-dead' }));
    const policy = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
      },
    };
    const redrive = { deadLetterTargetArn: `${queueArn}-dead`, maxReceiveCount: 10 };
    const Attributes = { Policy: JSON.stringify(policy), RedrivePolicy: JSON.stringify(redrive) };
    ({ QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'orders', Attributes })));
    await sns.send(new CreateTopicCommand({ Name: 'shop' }));
    const subscription = new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      Attributes: { FilterPolicy: JSON.stringify(filterPolicy(patterns)), RawMessageDelivery: 'true' },
      ReturnSubscriptionArn: true,
    });
    ({ SubscriptionArn } = await sns.send(subscription));
  });

  afterAll(async () => {
    sns.destroy();
    sqs.destroy();
    await server.stop();
  });

  const context: VerifyContext = {
    signal: new AbortController().signal,
    log: silentLogger,
    patterns,
    takesAll: false,
    handlerTimeout: 30_000,
    attempts: 5,
    retention: 7 * 86_400_000,
  };
  const verification = (options: SqsOptions = {}) =>
    createVerification(checkOptions({ ...config, queue: 'orders', topicArn, ...options } as SqsOptions));

  async function problems(options: SqsOptions = {}) {
    const found: (string | undefined)[] = [];
    for await (const { ok, code } of verification(options).verify(context)) if (!ok) found.push(code);
    return found;
  }

  test('all is well', async () => {
    expect(await problems()).toEqual([]);
    expect(await verification().eventTypes(context)).toEqual(['OrderPlaced.shop', 'Refund*']);
  });

  test('what is published passes the filter', async () => {
    const publisher = snsPublisher({ topicArn, endpoint: config.endpoint, credentials: config.credentials });
    await publisher.publishMany(
      ['OrderPlaced.shop', 'Refunded.shop', 'Other.shop'].map((type) => ({ type, data: 1, key: 'tenant-1' })),
    );
    await publisher.close();
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    const received = new Set(
      Messages.map(({ MessageAttributes }) => MessageAttributes?.['event']?.StringValue),
    );
    expect(received).toEqual(new Set(['OrderPlaced.shop', 'Refunded.shop']));
  });

  test('the scope of the filter', async () => {
    const scope = (AttributeValue: string) =>
      sns.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn,
          AttributeName: 'FilterPolicyScope',
          AttributeValue,
        }),
      );
    await scope('MessageBody');
    expect(await problems()).toEqual(['SQS_FILTER_POLICY_SCOPE']);
    expect(await problems({ eventFrom: 'event' })).toEqual([]);
    await scope('MessageAttributes');
    expect(await problems()).toEqual([]);
  });
});
