import { describe, expect, test } from 'vitest';
import { parseQueueArn, parseTopicArn, partitionOf } from '../src/arn.ts';
import { parseQueueUrl } from '../src/queue-url.ts';

describe('ARNs', () => {
  test.each([
    ['arn:aws:sqs:eu-west-1:123456789012:orders', 'aws', 'eu-west-1', 'orders', false],
    ['arn:aws:sqs:us-east-1:000000000000:orders.fifo', 'aws', 'us-east-1', 'orders.fifo', true],
    ['arn:aws-cn:sqs:cn-northwest-1:123456789012:a_b-c', 'aws-cn', 'cn-northwest-1', 'a_b-c', false],
    ['arn:aws-us-gov:sqs:us-gov-east-1:123456789012:q', 'aws-us-gov', 'us-gov-east-1', 'q', false],
    ['arn:aws-iso:sqs:us-iso-west-1:123456789012:q', 'aws-iso', 'us-iso-west-1', 'q', false],
    ['arn:aws-iso-b:sqs:us-isob-east-1:123456789012:q', 'aws-iso-b', 'us-isob-east-1', 'q', false],
    ['arn:aws-eusc:sqs:eusc-de-east-1:123456789012:q', 'aws-eusc', 'eusc-de-east-1', 'q', false],
  ])('%s is a queue', (text, partition, region, name, fifo) => {
    const account = text.split(':')[4];
    expect(parseQueueArn(text)).toEqual({ text, partition, service: 'sqs', region, account, name, fifo });
  });

  test.each([
    ['', 'empty'],
    ['orders', 'a name'],
    ['arn:aws:sns:eu-west-1:123456789012:orders', 'of a topic'],
    ['arn:aws:sqs:eu-west-1:1234:orders', 'account of 4 digits'],
    ['arn:aws:sqs::123456789012:orders', 'no region'],
    ['arn:aws:sqs:eu-west-1:123456789012:', 'no name'],
    ['arn:aws:sqs:eu-west-1:123456789012:a b', 'blank in the name'],
    ['arn:aws:sqs:eu-west-1:123456789012:orders.fifo.fifo', 'dot in the name'],
    [`arn:aws:sqs:eu-west-1:123456789012:${'a'.repeat(81)}`, 'name of 81 characters'],
    [`arn:aws:sqs:eu-west-1:123456789012:${'a'.repeat(76)}.fifo`, 'name of 81 characters with .fifo'],
    ['arn:aws:sqs:cn-north-1:123456789012:orders', 'a region of another partition'],
    ['arn:aws-cn:sqs:eu-west-1:123456789012:orders', 'a partition of another region'],
    ['arn:aws:sqs:eu-west-1:123456789012:orders:x', 'too many parts'],
  ])('%s is no queue: %s', (text) => {
    expect(() => parseQueueArn(text)).toThrow(expect.objectContaining({ code: 'SQS_ARN_INVALID' }));
  });

  test('a topic may have a longer name than a queue, a subscription is no topic', () => {
    const name = 'a'.repeat(256);
    expect(parseTopicArn(`arn:aws:sns:eu-west-1:123456789012:${name}`).name).toBe(name);
    expect(() => parseTopicArn(`arn:aws:sns:eu-west-1:123456789012:${name}a`)).toThrow(
      /not the ARN of a topic/,
    );
    expect(() => parseTopicArn('arn:aws:sns:eu-west-1:123456789012:topic:2bcfbf39-05c3')).toThrow(
      /not the ARN/,
    );
  });

  test('a partition is told by the region', () => {
    expect(['eu-central-1', 'cn-north-1', 'us-gov-west-1', 'us-isof-south-1'].map(partitionOf)).toEqual([
      'aws',
      'aws-cn',
      'aws-us-gov',
      'aws-iso-f',
    ]);
  });
});

describe('queue URLs', () => {
  const account = '123456789012';
  test.each([
    [`https://sqs.eu-west-1.amazonaws.com/${account}/orders`, 'eu-west-1', account],
    [`https://sqs.cn-north-1.amazonaws.com.cn/${account}/orders`, 'cn-north-1', account],
    [`https://sqs.us-gov-west-1.amazonaws.com/${account}/orders`, 'us-gov-west-1', account],
    [`https://sqs-fips.us-east-1.amazonaws.com/${account}/orders`, 'us-east-1', account],
    [`https://sqs.eu-west-1.api.aws/${account}/orders`, 'eu-west-1', account],
    [`https://eu-west-1.queue.amazonaws.com/${account}/orders`, 'eu-west-1', account],
    [`https://queue.amazonaws.com/${account}/orders`, 'us-east-1', account],
    [`https://vpce-0a1b-2c3d.sqs.eu-west-1.vpce.amazonaws.com/${account}/orders`, 'eu-west-1', account],
    ['http://sqs.us-east-1.localhost:4566/000000000000/orders', 'us-east-1', '000000000000'],
    ['http://localhost:4566/queue/us-east-1/000000000000/orders', 'us-east-1', '000000000000'],
    ['http://localhost:9324/000000000000/orders', undefined, '000000000000'],
    ['http://localhost:9324/queue/orders', undefined, undefined],
    ['http://127.0.0.1:5000/123456789012/orders', undefined, account],
  ])('%s', (text, region, account) => {
    expect(parseQueueUrl(text)).toEqual({ text, name: 'orders', fifo: false, account, region });
  });

  test('a FIFO queue is told by its name', () => {
    expect(parseQueueUrl(`https://sqs.eu-west-1.amazonaws.com/${account}/orders.fifo`).fifo).toBe(true);
  });

  test.each(['orders', '', 'https://sqs.eu-west-1.amazonaws.com', 'ftp://host/orders', 'https://host/a b'])(
    '%s is none',
    (text) => {
      expect(() => parseQueueUrl(text)).toThrow(expect.objectContaining({ code: 'SQS_QUEUE_URL_INVALID' }));
    },
  );
});
