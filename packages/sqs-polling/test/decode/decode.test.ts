import type { Message } from '@aws-sdk/client-sqs';
import { isMillraceError } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/decode/decode.ts';
import type { SqsOptions } from '../../src/options.ts';
import { checkOptions } from '../../src/options.ts';

function decoded(message: Message, options: SqsOptions = {}) {
  const { queue, decode: settings } = checkOptions({ queue: 'orders', ...options });
  return decode({ MessageId: 'sqs-1', ReceiptHandle: 'handle', ...message }, settings, queue);
}

function envelope(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({
    Type: 'Notification',
    MessageId: 'sns-1',
    TopicArn: 'arn:aws:sns:eu-west-1:123456789012:events',
    Message: '{"order":7}',
    Timestamp: '2026-03-01T10:00:00.000Z',
    ...fields,
  });
}

const text = (StringValue: string) => ({ DataType: 'String', StringValue });

describe('a bare message', () => {
  it('becomes an event with everything that SQS tells', () => {
    const message: Message = {
      MessageId: 'sqs-1',
      Body: '{"order":7}',
      Attributes: {
        ApproximateReceiveCount: '3',
        SentTimestamp: '1767225600000',
        MessageGroupId: 'tenant-4',
      },
      MessageAttributes: { event: text('OrderPlaced.shop') },
    };
    expect(decoded(message)).toEqual({
      id: 'sqs-1',
      type: 'OrderPlaced.shop',
      data: { order: 7 },
      headers: Object.assign(Object.create(null), { event: 'OrderPlaced.shop' }),
      raw: '{"order":7}',
      key: undefined,
      deliveryCount: 3,
      time: new Date('2026-01-01T00:00:00.000Z'),
      native: { ReceiptHandle: 'handle', ...message },
    });
  });

  it('has the group as its key on a FIFO queue only: elsewhere groups are about fairness, not order', () => {
    const message: Message = { Body: '1', Attributes: { MessageGroupId: 'tenant-4' } };
    expect(decoded(message).key).toBeUndefined();
    expect(decoded(message, { queue: 'orders.fifo' }).key).toBe('tenant-4');
  });

  it.each([
    ['a string', '"hello"', 'hello'],
    ['null', 'null', null],
    ['a number', '17', 17],
  ])('may be %s', (_name, Body, data) => {
    const incoming = decoded({ Body });
    expect(incoming.data).toBe(data);
    expect(incoming.failure).toBeUndefined();
  });

  it('is text or bytes where the options say so', () => {
    expect(decoded({ Body: '{no json' }, { format: 'text' }).data).toBe('{no json');
    expect(decoded({ Body: '/wBB' }, { format: 'base64' }).data).toEqual(Buffer.from([255, 0, 65]));
  });
});

describe('the id', () => {
  const MessageAttributes = { 'event-id': text('evt-9'), key: text('k-1') };

  it('is the event-id attribute before the ids of SNS and SQS', () => {
    expect(decoded({ Body: '1', MessageAttributes }).id).toBe('evt-9');
    expect(decoded({ Body: '1', MessageAttributes }, { idAttribute: 'key' }).id).toBe('k-1');
    const attributes = { 'event-id': { Type: 'String', Value: 'evt-9' } };
    expect(decoded({ Body: envelope({ MessageAttributes: attributes }) }).id).toBe('evt-9');
  });

  it('is the MessageId of SNS before that of SQS', () => {
    expect(decoded({ Body: envelope() }).id).toBe('sns-1');
    expect(decoded({ Body: '1' }).id).toBe('sqs-1');
  });

  it('may be a number, and is not an empty text', () => {
    const number = { 'event-id': { DataType: 'Number', StringValue: '12' } };
    expect(decoded({ Body: '1', MessageAttributes: number }).id).toBe('12');
    expect(decoded({ Body: '1', MessageAttributes: { 'event-id': text('') } }).id).toBe('sqs-1');
  });
});

describe("SNS's envelope", () => {
  it('is taken off, with its attributes and time', () => {
    const Body = envelope({
      MessageAttributes: {
        event: { Type: 'String', Value: 'OrderPlaced.shop' },
        count: { Type: 'Number', Value: '2' },
        tags: { Type: 'String.Array', Value: '["a",1,null]' },
        bytes: { Type: 'Binary', Value: '/wA=' },
      },
    });
    const incoming = decoded({ Body, Attributes: { SentTimestamp: '1767225600000' } });
    expect(incoming.type).toBe('OrderPlaced.shop');
    expect(incoming.data).toEqual({ order: 7 });
    expect({ ...incoming.headers }).toEqual({
      event: 'OrderPlaced.shop',
      count: 2,
      tags: ['a', 1, null],
      bytes: Buffer.from([255, 0]),
    });
    expect(incoming.time).toEqual(new Date('2026-03-01T10:00:00.000Z'));
    expect(incoming.raw).toBe(Body);
  });

  it('is told from an event that only looks a little like it', () => {
    const lookalike = { Type: 'Notification', text: 'mentions "TopicArn" and more' };
    expect(decoded({ Body: JSON.stringify(lookalike) }).data).toEqual(lookalike);
    expect(decoded({ Body: '{"TopicArn":"x"}' }).data).toEqual({ TopicArn: 'x' });
    expect(decoded({ Body: envelope({ Type: 'Order' }) }).data).toMatchObject({ Type: 'Order' });
  });

  it('stays on when the options say `raw`, and must be there when they say `sns`', () => {
    expect(decoded({ Body: envelope() }, { envelope: 'raw' }).data).toMatchObject({ Type: 'Notification' });
    expect(decoded({ Body: '{"order":7}' }, { envelope: 'sns' }).failure?.message).toContain(
      'no SNS envelope',
    );
    expect(decoded({ Body: 'no json' }, { envelope: 'sns' }).failure?.message).toContain('no SNS envelope');
    expect(decoded({ Body: envelope() }, { envelope: 'sns' }).data).toEqual({ order: 7 });
  });

  it('is taken off text and bytes too', () => {
    expect(decoded({ Body: envelope({ Message: 'plain' }) }, { format: 'text' }).data).toBe('plain');
    expect(decoded({ Body: 'says "TopicArn"' }, { format: 'text' }).data).toBe('says "TopicArn"');
    expect(decoded({ Body: envelope({ Message: '/w==' }) }, { format: 'base64' }).data).toEqual(
      Buffer.from([255]),
    );
  });

  it('may hold broken attributes, which are left out', () => {
    const MessageAttributes = { event: { Type: 'String', Value: 'A.b' }, odd: null, worse: { Type: 7 } };
    expect({ ...decoded({ Body: envelope({ MessageAttributes }) }).headers }).toEqual({ event: 'A.b' });
    expect({ ...decoded({ Body: envelope({ MessageAttributes: 'text' }) }).headers }).toEqual({});
  });
});

describe('what cannot be decoded', () => {
  it.each([
    ['broken JSON', '{"secret":"s3cr3t', {}, 'not JSON'],
    ['no body', '', {}, 'empty'],
    ['bytes that are no Base64', 'not base64!', { format: 'base64' }, 'not Base64'],
    ['broken JSON in an envelope', envelope({ Message: '{s3cr3t' }), {}, 'not JSON'],
    ['an empty message in an envelope', envelope({ Message: '' }), {}, 'empty'],
    ['an envelope without a message', envelope({ Message: undefined }), {}, 'no Message'],
    ['an envelope whose message is no text', envelope({ Message: { s3cr3t: 1 } }), {}, 'no Message'],
    [
      'a request to confirm',
      envelope({ Type: 'SubscriptionConfirmation', Token: 's3cr3t' }),
      {},
      'SubscriptionConfirmation',
    ],
  ] as const)('%s is an event with a failure', (_name, Body, options, problem) => {
    const incoming = decoded({ Body, MessageAttributes: { event: text('A.b') } }, options);
    expect(isMillraceError(incoming.failure, 'PAYLOAD_UNDECODABLE')).toBe(true);
    expect(incoming.failure?.message).toContain(problem);
    expect(incoming.failure?.message).toContain('sqs-1');
    expect(incoming.failure?.message).toContain('orders');
    expect(`${incoming.failure?.stack} ${String(incoming.failure?.cause)}`).not.toContain('s3cr3t');
    expect(incoming.raw).toBe(Body);
    expect(incoming.id).toMatch(/^(sqs|sns)-1$/);
    expect(incoming.data).toBeUndefined();
  });

  it('keeps the type when an attribute tells it', () => {
    expect(decoded({ Body: '{', MessageAttributes: { event: text('A.b') } }).type).toBe('A.b');
  });
});

describe("the event's name", () => {
  const Body = '{"detail":{"type":"OrderPlaced"},"empty":""}';

  it('is in an attribute, `event` unless told otherwise', () => {
    const MessageAttributes = { event: text('A.b'), iniesta_pass: text('C.d') };
    expect(decoded({ Body, MessageAttributes }).type).toBe('A.b');
    expect(decoded({ Body, MessageAttributes }, { eventAttribute: 'iniesta_pass' }).type).toBe('C.d');
  });

  it('is empty when nothing tells it', () => {
    expect(decoded({ Body }).type).toBe('');
    expect(
      decoded({ Body, MessageAttributes: { event: { DataType: 'Binary', BinaryValue: new Uint8Array(1) } } })
        .type,
    ).toBe('');
  });

  it('may be in the payload, at a path or where a function finds it', () => {
    expect(decoded({ Body }, { eventFrom: 'detail.type' }).type).toBe('OrderPlaced');
    expect(decoded({ Body }, { eventFrom: () => 'Found' }).type).toBe('Found');
  });

  it('falls back on the attribute', () => {
    const message = { Body, MessageAttributes: { event: text('A.b') } };
    expect(decoded(message, { eventFrom: 'detail.nothing.here' }).type).toBe('A.b');
    expect(decoded(message, { eventFrom: 'empty' }).type).toBe('A.b');
    expect(decoded(message, { eventFrom: () => undefined }).type).toBe('A.b');
    expect(decoded({ ...message, Body: '"text"' }, { eventFrom: 'length' }).type).toBe('A.b');
    expect(decoded(message, { eventFrom: 'constructor.name' }).type).toBe('A.b');
  });

  it('fails the event when the function throws', () => {
    const cause = new Error('no such field');
    const incoming = decoded(
      { Body, MessageAttributes: { event: text('A.b') } },
      {
        eventFrom() {
          throw cause;
        },
      },
    );
    expect(incoming.failure?.code).toBe('PAYLOAD_UNDECODABLE');
    expect(incoming.failure?.cause).toBe(cause);
    expect(incoming.type).toBe('A.b');
  });
});

describe('attributes', () => {
  it.each([
    ['Number', '17', 17],
    ['Number.int', '-3', -3],
    ['Number', '1.50', 1.5],
    ['Number', '1e3', 1000],
    ['Number', '0', 0],
    ['Number', '9007199254740991', 9_007_199_254_740_991],
    ['Number', '9007199254740993', '9007199254740993'],
    ['Number', '12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['Number', '0.1234567890123456789', '0.1234567890123456789'],
    ['Number', '1e400', '1e400'],
    ['Number', '1e-400', '1e-400'],
    ['Number', '', ''],
    ['Number', 'Infinity', 'Infinity'],
    ['Number', '0x10', '0x10'],
    ['String', '17', '17'],
    ['String.custom', 'x', 'x'],
    ['String.Array', '["a",2,true,null]', ['a', 2, true, null]],
    ['String.Array', '[{"a":1}]', '[{"a":1}]'],
    ['String.Array', 'not json', 'not json'],
  ])('%s %j is %j', (DataType, StringValue, value) => {
    const { headers } = decoded({ Body: '1', MessageAttributes: { it: { DataType, StringValue } } });
    expect(headers['it']).toEqual(value);
  });

  it('keep bytes', () => {
    const BinaryValue = new Uint8Array([1, 2]);
    const { headers } = decoded({
      Body: '1',
      MessageAttributes: { it: { DataType: 'Binary.png', BinaryValue } },
    });
    expect(headers['it']).toBe(BinaryValue);
  });

  it('may have any name, on an object without a prototype', () => {
    const names = JSON.parse(
      '{"__proto__":{"DataType":"String","StringValue":"x"},"constructor":{"DataType":"String","StringValue":"y"}}',
    );
    const { headers } = decoded({ Body: '1', MessageAttributes: names });
    expect(Object.getPrototypeOf(headers)).toBeNull();
    expect(Object.keys(headers)).toEqual(['__proto__', 'constructor']);
    expect(decoded({ Body: '1' }).headers['constructor']).toBeUndefined();
  });
});

describe('a payload with __proto__ in it', () => {
  it.each([
    '{"a":{"__proto__":{"polluted":true}},"b":1}',
    '{"a":{"\\u005f_proto__":{"polluted":true}},"b":1}',
    '{"a":{"_\\u005Fproto__":{"polluted":true}},"b":1}',
    '{"a":{"__pr\\u006Fto__":{"polluted":true}},"b":1}',
  ])('%s is decoded without it', (Body) => {
    const incoming = decoded({ Body });
    expect(incoming.data).toEqual({ a: {}, b: 1 });
    expect(Object.keys((incoming.data as { a: object }).a)).toEqual([]);
    expect(incoming.raw).toBe(Body);
  });

  it('may say so in a value', () => {
    expect(decoded({ Body: '{"a":"__proto__"}' }).data).toEqual({ a: '__proto__' });
  });
});
