import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { SqsOptions } from '../src/options.ts';
import { checkOptions } from '../src/options.ts';
import { sqs } from '../src/source.ts';

const topic = (region: string) => `arn:aws:sns:${region}:123456789012:events`;
const queueArn = 'arn:aws:sqs:eu-central-1:123456789012:orders';
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders';

describe('defaults', () => {
  it('are filled in', () => {
    expect(checkOptions({ queue: 'orders' })).toMatchObject({
      queue: { name: 'orders', fifo: false },
      topics: [],
      region: undefined,
      decode: { eventAttribute: 'event', idAttribute: 'event-id', format: 'json', envelope: 'auto' },
      visibilityTimeout: 30_000,
      waitTime: 20_000,
      maxPolls: 4,
      readTimeout: 10_000,
      drainPoll: 1_000,
      giveUpAfter: 300_000,
    });
  });

  it.each([
    [{ concurrency: 100 }, 20, 10],
    [{ concurrency: 1 }, 1, 1],
    [{ concurrency: 5, prefetch: 0 }, 1, 1],
    [{ concurrency: 8, prefetch: 12 }, 2, 6],
  ])('polls follow the room for messages: %j', (settings, maxPolls, worthAPoll) => {
    expect(checkOptions({ queue: 'orders', ...settings })).toMatchObject({ maxPolls, worthAPoll });
  });

  it('name the source after its queue', () => {
    expect(sqs({ queue: 'orders' }).name).toBe('orders');
    expect(sqs({ queueUrl }).name).toBe('orders');
    expect(sqs({ queue: queueArn }).name).toBe('orders');
    expect(sqs({ queue: 'orders', name: 'mine' }).name).toBe('mine');
  });
});

describe('capabilities', () => {
  it('of a standard queue', () => {
    expect(sqs({ queue: 'orders', visibilityTimeout: 60_000 }).capabilities).toEqual({
      settle: 'ack+nack',
      redelivery: 'delayed',
      maxRetryDelay: 43_200_000,
      deliveryCount: 'native',
      order: 'none',
      position: 'none',
      replay: 'none',
      exclusive: false,
      lease: { milliseconds: 60_000, maximum: 43_200_000 },
      settleBatch: { size: 10, linger: 50 },
    });
  });

  it('of a FIFO queue: in order within a group, and settled at once', () => {
    for (const options of [
      { queue: 'orders.fifo' },
      { queueUrl: `${queueUrl}.fifo` },
      { queue: `${queueArn}.fifo` },
    ]) {
      expect(sqs(options).capabilities).toMatchObject({ order: 'perKey', settleBatch: { linger: 0 } });
    }
  });
});

describe('the region', () => {
  it.each<[string, SqsOptions, string | undefined]>([
    ['is what the options say', { queue: 'orders', region: 'eu-west-2' }, 'eu-west-2'],
    ["is the queue URL's", { queueUrl }, 'eu-west-1'],
    ["is the queue ARN's", { queue: queueArn }, 'eu-central-1'],
    ["is the topic's when nothing says more", { queue: 'orders', topicArn: topic('us-east-2') }, 'us-east-2'],
    ["is not the topic's when the queue says more", { queueUrl, topicArn: topic('us-east-2') }, 'eu-west-1'],
    ["is left to the SDK's chain otherwise", { queue: 'orders' }, undefined],
    [
      'is left to a ready client rather than taken from a topic',
      { queue: 'orders', topicArn: topic('us-east-2'), client: new SQSClient({ region: 'eu-west-1' }) },
      undefined,
    ],
  ])('%s', (_name, options, region) => {
    expect(checkOptions(options).region).toBe(region);
  });

  it.each<[string, SqsOptions]>([
    ['other than the queue URL says', { queueUrl, region: 'us-east-1' }],
    ['other than the queue ARN says', { queue: queueArn, region: 'us-east-1' }],
    ['of topics that disagree', { queue: 'orders', topicArn: [topic('us-east-1'), topic('us-east-2')] }],
  ])('%s is refused', (_name, options) => {
    expect(() => sqs(options)).toThrow(expect.objectContaining({ code: 'SQS_REGION_MISMATCH' }));
  });
});

describe('nonsense is refused at construction', () => {
  it.each<[string, SqsOptions, string]>([
    ['no queue', {}, 'No queue is set'],
    ['two queues', { queue: 'orders', queueUrl }, 'Both `queue` and `queueUrl`'],
    ['a name with a slash', { queue: 'a/b' }, 'not the name of a queue'],
    ['an empty name', { queue: '' }, 'not the name of a queue'],
    ['a name that is too long', { queue: 'x'.repeat(81) }, 'not the name of a queue'],
    ['a visibility timeout in seconds', { queue: 'orders', visibilityTimeout: 30 }, 'in milliseconds'],
    ['a visibility timeout over 12 hours', { queue: 'orders', visibilityTimeout: 43_201_000 }, '43200000'],
    ['a broken second', { queue: 'orders', waitTime: 1_500 }, 'whole seconds'],
    ['a negative wait time', { queue: 'orders', waitTime: -1_000 }, 'from 1000 to 20000'],
    ['a wait time over 20 seconds', { queue: 'orders', waitTime: 21_000 }, 'from 1000 to 20000'],
    ['no polls', { queue: 'orders', maxPolls: 0 }, '`maxPolls` is 0'],
    ['no number', { queue: 'orders', maxPolls: Number.NaN }, '`maxPolls` is NaN'],
    ['a negative time', { queue: 'orders', drainPoll: -1 }, '`drainPoll` is -1'],
    ['an attribute with a space', { queue: 'orders', eventAttribute: 'my event' }, '`eventAttribute`'],
    ['no attribute', { queue: 'orders', idAttribute: '' }, '`idAttribute`'],
  ])('%s', (_name, options, problem) => {
    expect(() => sqs(options)).toThrow(
      expect.objectContaining({ code: 'SQS_OPTIONS', message: expect.stringContaining(problem) }),
    );
  });

  it('a word that is none of those', () => {
    const options = JSON.parse('{"queue":"orders","format":"xml"}') as SqsOptions;
    expect(() => sqs(options)).toThrow('`format` is "xml". It must be one of: json, text, base64.');
  });

  it.each<[SqsOptions, string]>([
    [{ queue: 'arn:aws:sqs:eu-west-1:1:orders' }, 'SQS_ARN_INVALID'],
    [{ queue: 'orders', topicArn: queueArn }, 'SQS_ARN_INVALID'],
    [{ queueUrl: 'orders' }, 'SQS_QUEUE_URL_INVALID'],
  ])('%j: %s', (options, code) => {
    expect(() => sqs(options)).toThrow(expect.objectContaining({ code }));
  });

  it('replay, at compile time: a queue has none', () => {
    expectTypeOf<SqsOptions>().not.toHaveProperty('start');
    expectTypeOf<SqsOptions>().not.toHaveProperty('onInvalidPosition');
  });
});

describe('ready clients', () => {
  it('are taken as they are', () => {
    const client = new SQSClient({ region: 'eu-west-1' });
    const snsClient = new SNSClient({ region: 'eu-west-1' });
    expect(checkOptions({ queue: 'orders', client, snsClient }).connection).toMatchObject({
      client,
      snsClient,
    });
  });
});
