import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Check, VerifyContext } from '@millrace/core';
import type { FauxqsServer } from 'fauxqs';
import { startFauxqs } from 'fauxqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SqsOptions } from '../../src/options.ts';
import { checkOptions } from '../../src/options.ts';
import { createVerification } from '../../src/verify/verification.ts';
import type { AwsProxy } from '../support/aws-proxy.ts';
import { snsFailure, sqsFailure, startAwsProxy } from '../support/aws-proxy.ts';

const region = 'us-east-1';
const account = '000000000000';
const queueArn = `arn:aws:sqs:${region}:${account}:orders`;
const topicArn = `arn:aws:sns:${region}:${account}:shop`;
const day = 86_400_000;

const statement = (changes = {}) => ({
  Effect: 'Allow',
  Principal: { Service: 'sns.amazonaws.com' },
  Action: 'sqs:SendMessage',
  Resource: queueArn,
  Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
  ...changes,
});
const policyOf = (...statements: readonly object[]) => JSON.stringify({ Statement: statements });

const allWell = {
  Policy: policyOf(statement()),
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${queueArn}-dead`, maxReceiveCount: 10 }),
};

let server: FauxqsServer;
let proxy: AwsProxy;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false });
});
afterAll(() => server.stop());

beforeEach(async () => {
  for (const queue of ['orders', 'orders-dead']) server.deleteQueue(queue);
  server.deleteTopic('shop');
  proxy = await startAwsProxy(`http://127.0.0.1:${server.port}`);
});
afterEach(() => proxy.close());

const filter = (policy: unknown) => ({ FilterPolicy: JSON.stringify(policy) });

interface Deployment {
  readonly queue?: Readonly<Record<string, string>>;
  readonly subscription?: Record<string, string>;
}

/** A queue with everything that belongs to it, and with changes. */
function deploy({ queue = {}, subscription = filter({ event: ['A.x'] }) }: Deployment = {}) {
  server.createQueue('orders-dead');
  server.createQueue('orders', { attributes: { ...allWell, ...queue } });
  server.createTopic('shop');
  server.subscribe({ topic: 'shop', queue: 'orders', attributes: subscription });
}

function contextOf(changes: Partial<VerifyContext> = {}): VerifyContext {
  const ignore = () => {};
  return {
    signal: new AbortController().signal,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    patterns: ['A.x'],
    takesAll: false,
    handlerTimeout: 30_000,
    attempts: 5,
    retention: 7 * day,
    ...changes,
  };
}

function verificationOf(options: SqsOptions = {}) {
  const connection = {
    endpoint: proxy.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const queue = options.queueUrl === undefined ? { queue: 'orders' } : {};
  return createVerification(checkOptions({ ...connection, region, topicArn, ...queue, ...options }));
}

async function checksOf(
  options: SqsOptions = {},
  context: Partial<VerifyContext> = {},
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for await (const check of verificationOf(options).verify(contextOf(context))) checks.push(check);
  return checks;
}

/** What is wrong, a line each: `!` where it is a reason not to start. */
const problems = (checks: readonly Check[]) =>
  checks
    .filter(({ ok }) => !ok)
    .map(({ code, name, fatal }) => `${fatal === false ? '' : '!'}${code} ${name}`);
const check = (checks: readonly Check[], name: string) => checks.find((one) => one.name === name);

describe('all is well', () => {
  test('each check says what it has looked at', async () => {
    deploy();
    expect(await checksOf()).toEqual([
      { name: 'queue orders', ok: true },
      { name: 'visibility timeout', ok: true },
      { name: 'retention', ok: true },
      { name: 'encryption', ok: true },
      { name: 'dead-letter queue', ok: true },
      { name: 'receive limit', ok: true },
      { name: 'topic shop', ok: true },
      { name: 'kind of shop', ok: true },
      { name: 'queue policy for shop', ok: true },
      { name: 'subscription to shop', ok: true },
      { name: 'raw message delivery from shop', ok: true },
      { name: 'filter policy of shop', ok: true },
    ]);
  });

  test('the queue may be given by its URL or its ARN', async () => {
    deploy();
    expect(
      problems(await checksOf({ queueUrl: `http://sqs.${region}.nowhere.test/${account}/orders` })),
    ).toEqual([]);
    expect(problems(await checksOf({ queue: queueArn }))).toEqual([]);
  });

  test('a queue without a topic is looked at by itself', async () => {
    deploy();
    const checks = await checksOf({ topicArn: [] });
    expect(problems(checks)).toEqual([]);
    expect(checks.map(({ name }) => name)).not.toContain('topic shop');
  });

  test('ready clients are used, and left open', async () => {
    deploy();
    const config = {
      endpoint: proxy.endpoint,
      region,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    };
    const client = new SQSClient(config);
    const snsClient = new SNSClient(config);
    expect(problems(await checksOf({ client, snsClient }))).toEqual([]);
    expect(problems(await checksOf({ client, snsClient }))).toEqual([]);
    client.destroy();
    snsClient.destroy();
  });

  test('nothing is changed', async () => {
    deploy();
    await checksOf();
    const reading = /^(Get|List)/;
    expect(proxy.calls.filter(({ action }) => !reading.test(action))).toEqual([]);
  });
});

describe('what is missing', () => {
  test('the queue: nothing else is looked at', async () => {
    server.createTopic('shop');
    const checks = await checksOf();
    expect(problems(checks)).toEqual(['!SQS_QUEUE_MISSING queue orders']);
    expect(checks).toHaveLength(1);
    expect(checks[0]?.problem).toMatch(/sqs:GetQueueUrl on orders: the queue does not exist/);
  });

  test('the queue by its URL', async () => {
    server.createTopic('shop');
    const queueUrl = `http://sqs.${region}.localhost/${account}/orders`;
    expect(problems(await checksOf({ queueUrl }))).toEqual(['!SQS_QUEUE_MISSING queue orders']);
  });

  test('the topic', async () => {
    deploy();
    server.deleteTopic('shop');
    expect(problems(await checksOf())).toEqual(['!SQS_TOPIC_MISSING topic shop']);
  });

  test('the subscription, with a hint at a namesake', async () => {
    deploy();
    server.deleteTopic('shop');
    server.createTopic('shop');
    server.createQueue('orders', { region: 'eu-west-1' });
    expect(problems(await checksOf())).toEqual(['!SQS_SUBSCRIPTION_MISSING subscription to shop']);
    proxy.on('ListSubscriptionsByTopic', (_call, answer) => ({
      ...answer,
      body: answer.body.replace(
        /<Subscriptions\s*\/>|<Subscriptions>\s*<\/Subscriptions>/,
        `<Subscriptions><member><SubscriptionArn>${topicArn}:1</SubscriptionArn><Protocol>sqs</Protocol><Endpoint>arn:aws:sqs:eu-west-1:${account}:orders</Endpoint></member></Subscriptions>`,
      ),
    }));
    const found = check(await checksOf(), 'subscription to shop');
    expect(found?.code).toBe('SQS_SUBSCRIPTION_MISSING');
    expect(found?.problem).toContain(
      `A queue of that name elsewhere is: arn:aws:sqs:eu-west-1:${account}:orders`,
    );
  });

  test('a subscription on a later page is found', async () => {
    deploy();
    proxy.on('ListSubscriptionsByTopic', ({ body }, answer) =>
      new URLSearchParams(body).has('NextToken')
        ? undefined
        : {
            ...answer,
            body: answer.body
              .replace(/<Subscriptions>[^]*<\/Subscriptions>/, '<Subscriptions></Subscriptions>')
              .replace(
                '</ListSubscriptionsByTopicResult>',
                '<NextToken>2</NextToken></ListSubscriptionsByTopicResult>',
              ),
          },
    );
    expect(problems(await checksOf())).toEqual([]);
    expect(proxy.calls.filter(({ action }) => action === 'ListSubscriptionsByTopic')).toHaveLength(2);
  });

  test('the confirmation, as the list tells it', async () => {
    deploy();
    proxy.on('ListSubscriptionsByTopic', (_call, answer) => ({
      ...answer,
      body: answer.body.replace(
        /<SubscriptionArn>.*<\/SubscriptionArn>/,
        '<SubscriptionArn>PendingConfirmation</SubscriptionArn>',
      ),
    }));
    expect(problems(await checksOf())).toEqual(['!SQS_SUBSCRIPTION_PENDING subscription to shop']);
  });

  test('the confirmation, as the subscription tells it', async () => {
    deploy();
    proxy.on('GetSubscriptionAttributes', (_call, answer) => ({
      ...answer,
      body: answer.body.replace(
        '<key>PendingConfirmation</key><value>false<',
        '<key>PendingConfirmation</key><value>true<',
      ),
    }));
    expect(problems(await checksOf())).toEqual(['!SQS_SUBSCRIPTION_PENDING subscription to shop']);
  });

  test('the dead-letter queue is not set', async () => {
    server.createQueue('orders', { attributes: { Policy: allWell.Policy } });
    expect(problems(await checksOf({ topicArn: [] }))).toEqual(['SQS_DEAD_LETTER_QUEUE dead-letter queue']);
  });

  test('the dead-letter queue does not exist', async () => {
    deploy();
    server.deleteQueue('orders-dead');
    const checks = await checksOf();
    expect(problems(checks)).toEqual(['!SQS_DEAD_LETTER_QUEUE dead-letter queue']);
    expect(check(checks, 'dead-letter queue')?.problem).toContain(`${queueArn}-dead does not exist`);
  });
});

describe('what does not fit', () => {
  test.each([
    [4, 5, ['SQS_RECEIVE_LIMIT receive limit']],
    [5, 5, []],
    [6, 5, []],
  ])('maxReceiveCount %i and %i attempts', async (maxReceiveCount, attempts, expected) => {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: `${queueArn}-dead`, maxReceiveCount });
    deploy({ queue: { RedrivePolicy } });
    expect(problems(await checksOf({}, { attempts }))).toEqual(expected);
  });

  test.each([
    ['345600', 4 * day, []],
    ['345600', 4 * day - 1, ['!SQS_RETENTION retention']],
    ['1209600', 7 * day, ['!SQS_RETENTION retention']],
    ['1209600', undefined, []],
  ])('the queue keeps for %s s, the store for %s ms', async (MessageRetentionPeriod, retention, expected) => {
    deploy({ queue: { MessageRetentionPeriod } });
    expect(problems(await checksOf({}, { retention }))).toEqual(expected);
  });

  test('the words of a retention', async () => {
    deploy({ queue: { MessageRetentionPeriod: '1209600' } });
    const found = check(await checksOf({}, { retention: 36 * 3_600_000 }), 'retention');
    expect(found?.problem).toContain('keeps a message for 14 days');
    expect(found?.problem).toContain('remembered for 36 hours only');
    expect(found?.remedy).toContain('1209600000 or more');
  });

  test.each([
    [30_000, 30_000, []],
    [30_000, 11 * 3_600_000, []],
    [9_000, 5_000, []],
    [9_000, 30_000, ['SQS_VISIBILITY_TIMEOUT visibility timeout']],
    [10_000, 30_000, []],
    [30_000, 43_200_000, []],
    [30_000, 43_200_001, ['SQS_VISIBILITY_TIMEOUT visibility timeout']],
  ])('visibility timeout %i and handler timeout %i', async (visibilityTimeout, handlerTimeout, expected) => {
    deploy();
    expect(problems(await checksOf({ visibilityTimeout }, { handlerTimeout }))).toEqual(expected);
  });

  test.each<[string, readonly string[], string | undefined]>([
    ['alias/aws/sqs', ['!SQS_ENCRYPTION encryption'], undefined],
    ['alias/orders', [], 'must allow sns.amazonaws.com'],
  ])('encryption with %s', async (KmsMasterKeyId, expected, note) => {
    deploy({ queue: { KmsMasterKeyId } });
    const checks = await checksOf();
    expect(problems(checks)).toEqual(expected);
    expect(check(checks, 'encryption')?.remedy).toContain(note ?? 'SqsManagedSseEnabled');
    // Without a topic, SNS does not matter.
    expect(problems(await checksOf({ topicArn: [] }))).toEqual([]);
  });

  test.each<[string, string, readonly string[]]>([
    ['no statement', policyOf(), ['!SQS_QUEUE_POLICY queue policy for shop']],
    [
      'a denial',
      policyOf(statement(), { ...statement(), Effect: 'Deny' }),
      ['!SQS_QUEUE_POLICY queue policy for shop'],
    ],
    [
      'another topic',
      policyOf(statement({ Condition: { ArnEquals: { 'aws:SourceArn': `${topicArn}2` } } })),
      ['!SQS_QUEUE_POLICY queue policy for shop'],
    ],
    [
      'who knows',
      policyOf(statement({ Condition: { StringEquals: { 'aws:SourceOrgID': 'o-1' } } })),
      ['SQS_QUEUE_POLICY queue policy for shop'],
    ],
  ])('the queue policy: %s', async (_why, Policy, expected) => {
    deploy({ queue: { Policy } });
    expect(problems(await checksOf())).toEqual(expected);
  });

  test('the remedy for a queue policy can be pasted', async () => {
    deploy({ queue: { Policy: policyOf() } });
    const { remedy = '' } = check(await checksOf(), 'queue policy for shop') ?? {};
    server.deleteQueue('orders');
    server.deleteTopic('shop');
    deploy({ queue: { Policy: policyOf(JSON.parse(remedy.slice(remedy.indexOf('{'))) as object) } });
    expect(problems(await checksOf())).toEqual([]);
  });

  test('a standard topic and a FIFO queue', async () => {
    deploy();
    const fifo = `${queueArn}.fifo`;
    server.createQueue('orders.fifo', {
      attributes: { ...allWell, FifoQueue: 'true', Policy: policyOf(statement({ Resource: fifo })) },
    });
    expect(problems(await checksOf({ queue: 'orders.fifo' }))).toEqual([
      '!SQS_FIFO_MISMATCH kind of shop',
      '!SQS_SUBSCRIPTION_MISSING subscription to shop',
    ]);
    server.deleteQueue('orders.fifo');
  });

  test('a FIFO topic and a standard queue', async () => {
    deploy({ queue: { Policy: policyOf(statement({ Condition: {} })) } });
    server.createTopic('shop.fifo', { attributes: { FifoTopic: 'true' } });
    server.subscribe({ topic: 'shop.fifo', queue: 'orders', attributes: filter({ event: ['A.x'] }) });
    expect(problems(await checksOf({ topicArn: `${topicArn}.fifo` }))).toEqual([
      'SQS_FIFO_MISMATCH kind of shop.fifo',
    ]);
    server.deleteTopic('shop.fifo');
  });

  test('a ready client of another region', async () => {
    deploy();
    const config = { endpoint: proxy.endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
    const client = new SQSClient({ ...config, region: 'eu-west-1' });
    const snsClient = new SNSClient({ ...config, region: 'eu-west-1' });
    expect(problems(await checksOf({ client, snsClient }))).toEqual(['!SQS_REGION_MISMATCH region']);
    const checks = await checksOf({ snsClient });
    expect(problems(checks)).toEqual(['!SQS_REGION_MISMATCH region']);
    expect(check(checks, 'region')?.problem).toContain(
      'made for region eu-west-1, but the queue or topic is in us-east-1',
    );
    client.destroy();
    snsClient.destroy();
  });

  test('a topic in another partition', async () => {
    deploy();
    const chinese = 'arn:aws-cn:sns:cn-north-1:000000000000:shop';
    proxy.on('GetTopicAttributes', (_call, answer) => ({
      status: 200,
      body:
        answer.status === 200
          ? answer.body
          : '<GetTopicAttributesResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><GetTopicAttributesResult/></GetTopicAttributesResponse>',
    }));
    const [first] = problems(await checksOf({ topicArn: chinese }));
    expect(first).toBe('!SQS_REGION_MISMATCH kind of shop');
  });
});

describe('raw message delivery', () => {
  const raw = { ...filter({ event: ['A.x'] }), RawMessageDelivery: 'true' };
  const name = 'raw message delivery from shop';

  test.each([
    ['auto', raw, []],
    ['raw', raw, []],
    ['sns', raw, [`!SQS_RAW_DELIVERY ${name}`]],
    ['auto', filter({ event: ['A.x'] }), []],
    ['sns', filter({ event: ['A.x'] }), []],
    ['raw', filter({ event: ['A.x'] }), [`!SQS_RAW_DELIVERY ${name}`]],
  ] as const)('envelope %s, subscription %j', async (envelope, subscription, expected) => {
    deploy({ subscription });
    expect(problems(await checksOf({ envelope }))).toEqual(expected);
  });

  test('says that more than 10 attributes are discarded, and whether anybody sees it', async () => {
    deploy({ subscription: raw });
    expect(check(await checksOf(), name)?.remedy).toBe(
      'Under raw delivery SNS discards events with more than 10 attributes. Without a RedrivePolicy on the subscription nobody will see it.',
    );
    server.deleteTopic('shop');
    server.deleteQueue('orders');
    deploy({ subscription: { ...raw, RedrivePolicy: '{"deadLetterTargetArn":"x"}' } });
    expect(check(await checksOf(), name)?.remedy).not.toContain('nobody');
  });
});

describe('the filter policy', () => {
  const name = 'filter policy of shop';
  const withScope = (scope: string) => {
    // The emulator does not tell the scope.
    proxy.on('GetSubscriptionAttributes', (_call, answer) => ({
      ...answer,
      body: answer.body.replace(
        '<Attributes>',
        `<Attributes><entry><key>FilterPolicyScope</key><value>${scope}</value></entry>`,
      ),
    }));
  };

  test('keeps back what is handled', async () => {
    deploy({ subscription: filter({ event: ['A.x'] }) });
    const checks = await checksOf({}, { patterns: ['A.x', 'B.x', 'Order*'] });
    expect(problems(checks)).toEqual([`!SQS_FILTER_POLICY_MISMATCH ${name}`]);
    const { problem, remedy } = check(checks, name) ?? {};
    expect(problem).toBe(
      'The deployed filter policy keeps back events that have handlers: B.x, Order* (such as Order).',
    );
    expect(remedy).toContain('{"event":["A.x","B.x",{"prefix":"Order"}]}');
  });

  test('the policy in the remedy is right', async () => {
    deploy({ subscription: filter({ event: ['A.x'] }) });
    const patterns = ['A.x', '*.y', 'Order*', 'a*b'];
    const { remedy = '' } = check(await checksOf({}, { patterns }), name) ?? {};
    const policy = /\{.*\}/.exec(remedy)?.[0] ?? '';
    server.deleteTopic('shop');
    server.deleteQueue('orders');
    deploy({ subscription: { FilterPolicy: policy } });
    expect(problems(await checksOf({}, { patterns }))).toEqual([]);
  });

  test('covers by a pattern', async () => {
    deploy({ subscription: filter({ event: [{ prefix: 'Order' }] }) });
    expect(problems(await checksOf({}, { patterns: ['Order*'] }))).toEqual([]);
    expect(problems(await checksOf({}, { patterns: ['OrderPlaced.shop'] }))).toEqual([
      `SQS_FILTER_POLICY_EXTRA ${name}`,
    ]);
  });

  test('lets through what nobody handles', async () => {
    deploy({ subscription: filter({ event: ['A.x', 'B.x', { prefix: 'C' }] }) });
    const checks = await checksOf();
    expect(problems(checks)).toEqual([`SQS_FILTER_POLICY_EXTRA ${name}`]);
    expect(check(checks, name)?.problem).toContain('no handler takes: event "B.x", event prefix "C"');
  });

  test('there is none', async () => {
    deploy({ subscription: {} });
    const checks = await checksOf();
    expect(problems(checks)).toEqual([`SQS_FILTER_POLICY_EXTRA ${name}`]);
    expect(check(checks, name)?.problem).toContain('everything');
    expect(problems(await checksOf({}, { takesAll: true }))).toEqual([]);
  });

  test('keeps something from a default handler', async () => {
    deploy();
    expect(problems(await checksOf({}, { takesAll: true }))).toEqual([`SQS_FILTER_POLICY_NARROW ${name}`]);
  });

  test('has further keys', async () => {
    deploy({ subscription: filter({ event: ['A.x'], tenant: ['acme'] }) });
    const checks = await checksOf();
    expect(problems(checks)).toEqual([`SQS_FILTER_POLICY_NARROW ${name}`]);
    expect(check(checks, name)?.problem).toContain('only if tenant is "acme": A.x');
  });

  test('filters by another attribute than the one with the name', async () => {
    deploy({ subscription: filter({ iniesta_pass: ['A.x'] }) });
    expect(problems(await checksOf())).toEqual([
      `SQS_FILTER_POLICY_NARROW ${name}`,
      `SQS_FILTER_POLICY_EXTRA ${name}`,
    ]);
    expect(problems(await checksOf({ eventAttribute: 'iniesta_pass' }))).toEqual([]);
  });

  test('has something in it that we do not know', async () => {
    deploy({ subscription: filter({ event: [{ 'sounds-like': 'A' }] }) });
    expect(problems(await checksOf())).toEqual([`SQS_FILTER_POLICY_INVALID ${name}`]);
  });

  test('looks at the body, where the name is not', async () => {
    deploy();
    withScope('MessageBody');
    const checks = await checksOf();
    expect(problems(checks)).toEqual([`!SQS_FILTER_POLICY_SCOPE ${name}`]);
    expect(check(checks, name)?.remedy).toBe(
      'Set FilterPolicyScope of the subscription to MessageAttributes.',
    );
  });

  test('looks at something else in the body', async () => {
    deploy({ subscription: filter({ tenant: ['acme'] }) });
    withScope('MessageBody');
    expect(problems(await checksOf())).toEqual([`SQS_FILTER_POLICY_SCOPE ${name}`]);
  });

  test('looks at the body, where the name is', async () => {
    deploy({ subscription: filter({ detail: { type: ['A.x'] } }) });
    withScope('MessageBody');
    expect(problems(await checksOf({ eventFrom: 'detail.type' }))).toEqual([]);
    expect(problems(await checksOf({ eventFrom: 'detail.type' }, { patterns: ['B.x', 'A.x'] }))).toEqual([
      `!SQS_FILTER_POLICY_MISMATCH ${name}`,
    ]);
  });

  test('looks at the attributes, and the name is in the body', async () => {
    deploy();
    expect(problems(await checksOf({ eventFrom: 'detail.type' }))).toEqual([
      `SQS_FILTER_POLICY_SCOPE ${name}`,
    ]);
    expect(problems(await checksOf({ eventFrom: () => 'A.x' }))).toEqual([`SQS_FILTER_POLICY_SCOPE ${name}`]);
  });

  test('no filter fits any place of the name', async () => {
    deploy({ subscription: {} });
    expect(problems(await checksOf({ eventFrom: () => 'A.x' }, { takesAll: true }))).toEqual([]);
  });
});

describe('what this process may not ask', () => {
  test.each([
    [
      'GetQueueUrl',
      'sqs',
      sqsFailure('AccessDeniedException'),
      ['queue orders'],
      'sqs:GetQueueUrl on orders',
    ],
    [
      'GetQueueAttributes',
      'sqs',
      sqsFailure('AccessDenied', 403),
      ['queue orders'],
      'sqs:GetQueueAttributes on orders',
    ],
    [
      'GetTopicAttributes',
      'sns',
      snsFailure('AuthorizationError'),
      ['topic shop'],
      `sns:GetTopicAttributes on ${topicArn}`,
    ],
    [
      'ListSubscriptionsByTopic',
      'sns',
      snsFailure('AuthorizationError'),
      ['subscription to shop'],
      `sns:ListSubscriptionsByTopic on ${topicArn}`,
    ],
    [
      'GetSubscriptionAttributes',
      'sns',
      snsFailure('AuthorizationError'),
      ['subscription to shop'],
      `sns:GetSubscriptionAttributes on ${topicArn}:`,
    ],
  ])('%s: a warning that names the permission', async (action, _service, failure, names, remedy) => {
    deploy();
    proxy.on(action, failure);
    const checks = await checksOf();
    expect(problems(checks)).toEqual(names.map((name) => `SQS_CHECK_IMPOSSIBLE ${name}`));
    expect(checks.find(({ ok }) => !ok)?.remedy).toContain(`Allow ${remedy}`);
  });

  test('the dead-letter queue', async () => {
    deploy();
    proxy.on('GetQueueUrl', (call, answer) =>
      call.body.includes('orders-dead') ? sqsFailure('AccessDenied', 403)(call, answer) : undefined,
    );
    expect(problems(await checksOf())).toEqual(['SQS_CHECK_IMPOSSIBLE dead-letter queue']);
  });

  test('without the attributes, a queue known by its ARN is still checked', async () => {
    deploy();
    proxy.on('GetQueueAttributes', sqsFailure('AccessDenied', 403));
    const byName = (await checksOf()).map(({ name }) => name);
    const byArn = (await checksOf({ queue: queueArn })).map(({ name }) => name);
    expect(byName).toEqual(['queue orders', 'topic shop']);
    expect(byArn).toEqual([
      ...byName,
      'kind of shop',
      'subscription to shop',
      'raw message delivery from shop',
      'filter policy of shop',
    ]);
  });

  test('an AWS that does not work says nothing about the resources', async () => {
    deploy();
    proxy.on('GetTopicAttributes', snsFailure('InternalFailure', 500));
    expect(problems(await checksOf())).toEqual(['SQS_CHECK_IMPOSSIBLE topic shop']);
  });

  test('wrong credentials are a reason not to start', async () => {
    deploy();
    proxy.on('GetQueueUrl', sqsFailure('InvalidClientTokenId', 403));
    expect(problems(await checksOf({ topicArn: [] }))).toEqual(['!SQS_CREDENTIALS queue orders']);
  });

  test('ends quietly when it is told to', async () => {
    deploy();
    const controller = new AbortController();
    proxy.on('GetTopicAttributes', () => {
      controller.abort();
      return undefined;
    });
    const checks = await checksOf({}, { signal: controller.signal });
    expect(checks.map(({ name }) => name)).not.toContain('topic shop');
    expect(problems(checks)).toEqual([]);
    const asked = proxy.calls.length;
    expect(await verificationOf().eventTypes(contextOf({ signal: controller.signal }))).toBeUndefined();
    expect(proxy.calls).toHaveLength(asked);
  });
});

describe('types that are sent', () => {
  const typesOf = (options: SqsOptions = {}) => verificationOf(options).eventTypes(contextOf());

  test('of the deployed policy', async () => {
    deploy({ subscription: filter({ event: ['B.x', { prefix: 'Order' }, { suffix: '.shop' }] }) });
    expect(await typesOf()).toEqual(['*.shop', 'B.x', 'Order*']);
  });

  test('of several topics', async () => {
    deploy();
    server.createTopic('mall');
    server.subscribe({ topic: 'mall', queue: 'orders', attributes: filter({ event: ['A.x', 'M.x'] }) });
    const both = [topicArn, `arn:aws:sns:${region}:${account}:mall`];
    expect(await typesOf({ topicArn: both })).toEqual(['A.x', 'M.x']);
    server.deleteTopic('mall');
    expect(await typesOf({ topicArn: both })).toBeUndefined();
  });

  test.each<[string, Record<string, string>, SqsOptions?]>([
    ['there is no policy', {}],
    ['by exclusion', filter({ event: [{ 'anything-but': 'A' }] })],
    ['by another key', filter({ tenant: ['acme'] })],
    ['by what we do not know', filter({ event: [{ 'sounds-like': 'A' }] })],
    ['names come from elsewhere', filter({ event: ['A'] }), { eventFrom: 'type' }],
    ['a function finds names', filter({ event: ['A'] }), { eventFrom: () => 'A' }],
    ['there is no topic', filter({ event: ['A'] }), { topicArn: [] }],
  ])('can not be told: %s', async (_why, subscription, options) => {
    deploy({ subscription });
    expect(await typesOf(options)).toBeUndefined();
  });

  test('can not be told: no queue, or no permission', async () => {
    server.createTopic('shop');
    expect(await typesOf()).toBeUndefined();
    deploy();
    proxy.on('GetSubscriptionAttributes', snsFailure('AuthorizationError'));
    expect(await typesOf()).toBeUndefined();
  });
});
