import { randomUUID } from 'node:crypto';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertFilterPolicyLimits } from '../../src/filter-policy/limits.ts';
import { parseFilterPolicy } from '../../src/filter-policy/parse.ts';
import type { FilterPolicy } from '../../src/filter-policy/policy.ts';
import { deliveredBy } from '../support/deliveries.ts';
import { attributeCases, bodyCases } from '../support/filter-cases.ts';
import type { MotoServer } from '../support/moto.ts';
import { needsMoto, startMoto } from '../support/moto.ts';

const types = (count: number) => Array.from({ length: count }, (_, index) => `T${index}`);
const keys = (count: number) => Object.fromEntries(types(count).map((key) => [key, ['x']]));

function isRefused(policy: FilterPolicy): boolean {
  try {
    assertFilterPolicyLimits(policy);
    return false;
  } catch {
    return true;
  }
}

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

  test.each<[string, FilterPolicy, boolean]>([
    ['five keys', keys(5), true],
    ['six keys', keys(6), false],
    ['150 values', { event: types(150) }, true],
    ['151 values', { event: types(151) }, false],
    ['30 and 5 values', { event: types(30), tenant: types(5) }, true],
    ['31 and 5 values', { event: types(31), tenant: types(5) }, false],
  ])('has the same limits: %s', async (_what, policy, accepted) => {
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'limits' }));
    const command = new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:us-east-1:123456789012:${randomUUID()}`,
      Attributes: { FilterPolicy: JSON.stringify(policy) },
    });
    const refused = await sns.send(command).then(
      () => false,
      () => true,
    );
    expect(refused).toBe(!accepted);
    expect(isRefused(policy)).toBe(!accepted);
  });
});
