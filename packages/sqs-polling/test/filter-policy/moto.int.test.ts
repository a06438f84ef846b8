import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseFilterPolicy } from '../../src/filter-policy/parse.ts';
import { deliveredBy } from '../support/deliveries.ts';
import { attributeCases, bodyCases } from '../support/filter-cases.ts';
import type { MotoServer } from '../support/moto.ts';
import { needsMoto, startMoto } from '../support/moto.ts';

describe('moto', await needsMoto(), () => {
  let server: MotoServer;
  let sns: SNSClient;
  let sqs: SQSClient;

  beforeAll(async () => {
    server = await startMoto();
    const config = {
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    sns = new SNSClient(config);
    sqs = new SQSClient(config);
  });

  afterAll(async () => {
    sns.destroy();
    sqs.destroy();
    await server.stop();
  });

  const cases = [...attributeCases, ...bodyCases];
  test.each(cases.filter(({ wrong = [] }) => !wrong.includes('moto')))('agrees: $why', async (filterCase) => {
    expect(await deliveredBy(sns, sqs, filterCase)).toBe(filterCase.delivered);
  });

  test.each(cases.filter(({ wrong = [] }) => wrong.includes('moto')))(
    'still does not: $why',
    async (filterCase) => {
      expect(await deliveredBy(sns, sqs, filterCase).catch(() => 'refused')).not.toBe(filterCase.delivered);
    },
  );

  test.each<[string, unknown]>([
    ['a value that is no list', { event: 'A' }],
    ['nesting in attributes', { detail: { type: ['A'] } }],
    ['an operator that nobody knows', { event: [{ regex: 'A.*' }] }],
    ['exists that is no boolean', { event: [{ exists: 'yes' }] }],
    ['numeric without a number', { event: [{ numeric: ['<', '5'] }] }],
    ['numeric with an unknown operator', { event: [{ numeric: ['!=', 5] }] }],
    ['numeric without anything', { event: [{ numeric: [] }] }],
  ])('refuses what we refuse: %s', async (_why, policy) => {
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'policies' }));
    const subscription = sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: 'arn:aws:sqs:us-east-1:123456789012:orders',
        Attributes: { FilterPolicy: JSON.stringify(policy) },
      }),
    );
    await expect(subscription).rejects.toThrow('Invalid');
    expect(() => parseFilterPolicy(JSON.stringify(policy))).toThrow(
      expect.objectContaining({ code: 'SQS_FILTER_POLICY_INVALID' }),
    );
  });
});
