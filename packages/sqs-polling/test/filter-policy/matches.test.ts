import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { FauxqsServer } from 'fauxqs';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matchesFilterPolicy } from '../../src/filter-policy/matches.ts';
import { parseFilterPolicy } from '../../src/filter-policy/parse.ts';
import { deliveredBy, messageOf } from '../support/deliveries.ts';
import { attributeCases, bodyCases } from '../support/filter-cases.ts';

describe('our own evaluation', () => {
  test.each(attributeCases)('attributes: $why', ({ policy, attributes = {}, delivered }) => {
    expect(matchesFilterPolicy(parseFilterPolicy(policy), { body: 'no JSON', attributes })).toBe(delivered);
  });

  test.each(bodyCases)('body: $why', ({ policy, attributes = {}, body, delivered }) => {
    const parsed = parseFilterPolicy(policy, 'MessageBody');
    expect(matchesFilterPolicy(parsed, { body: messageOf(body), attributes })).toBe(delivered);
  });

  test.each([undefined, '', '{}', {}])('%j lets everything through', (policy) => {
    expect(matchesFilterPolicy(parseFilterPolicy(policy), { body: 'no JSON', attributes: {} })).toBe(true);
    expect(
      matchesFilterPolicy(parseFilterPolicy(policy, 'MessageBody'), { body: 'no JSON', attributes: {} }),
    ).toBe(true);
  });

  test('binary attributes are passed over, as if absent', () => {
    const attributes = { event: { DataType: 'Binary' }, other: { DataType: 'String', StringValue: '1' } };
    const matches = (exists: boolean) =>
      matchesFilterPolicy(parseFilterPolicy({ event: [{ exists }] }), { body: '', attributes });
    expect([matches(true), matches(false)]).toEqual([false, true]);
  });

  test('"$or" with one alternative is a key like others', () => {
    const policy = parseFilterPolicy('{"$or":[{"prefix":"A"}]}');
    const of = (key: string) => ({
      body: '',
      attributes: { [key]: { DataType: 'String', StringValue: 'AB' } },
    });
    expect([matchesFilterPolicy(policy, of('$or')), matchesFilterPolicy(policy, of('event'))]).toEqual([
      true,
      false,
    ]);
  });
});

describe('a server agrees', () => {
  let server: FauxqsServer;
  let sns: SNSClient;
  let sqs: SQSClient;

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
    const config = {
      endpoint: `http://127.0.0.1:${server.port}`,
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
  test.each(cases.filter(({ wrong = [] }) => !wrong.includes('fauxqs')))('$why', async (filterCase) => {
    expect(await deliveredBy(sns, sqs, filterCase)).toBe(filterCase.delivered);
  });

  // Keeps the list of its mistakes short: one that is mended has to leave it.
  test.each(cases.filter(({ wrong = [] }) => wrong.includes('fauxqs')))(
    'but still not on: $why',
    async (filterCase) => {
      expect(await deliveredBy(sns, sqs, filterCase)).not.toBe(filterCase.delivered);
    },
  );
});
