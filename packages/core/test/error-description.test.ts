import { runInNewContext } from 'node:vm';

import { describe, expect, test } from 'vitest';

import { describeError } from '../src/error-description.ts';
import { MillraceError } from '../src/errors.ts';
import { redact } from '../src/redaction.ts';
import { leaks, secret } from './support/secrets.ts';

describe('redaction', () => {
  test.each(leaks)('%s', (text) => {
    expect(text).toContain(secret);
    expect(redact(text)).not.toContain(secret);
    expect(redact(`before ${text}\nafter`)).not.toContain(secret);
    expect(redact(`${text} and once more: ${text}`)).not.toContain(secret);
  });

  test('the key of an AWS access is taken out, wherever it stands', () => {
    expect(redact('used AKIAIOSFODNN7EXAMPLE, then ASIAIOSFODNN7EXAMPLE.')).toBe(
      'used [redacted], then [redacted].',
    );
  });

  test.each([
    [
      'connect ECONNREFUSED redis://user:pw@10.0.0.1:6379/0',
      'connect ECONNREFUSED redis://[redacted]@10.0.0.1:6379/0',
    ],
    ['a://u:p@h1,b://v:q@h2', 'a://[redacted]@h1,b://[redacted]@h2'],
    ['{"password":"a\\"b","user":"bob"}', '{"password":[redacted],"user":"bob"}'],
    ['"{\\"password\\":\\"a\\\\\\"b\\",\\"user\\":1}"', '"{\\"password\\":[redacted],\\"user\\":1}"'],
    ['{"user":{"credentials":{"id":1},"name":"bob"}}', '{"user":{"credentials":[redacted],"name":"bob"}}'],
    ['user=bob;password=pw;host=db', 'user=bob;password=[redacted];host=db'],
    ['GET /?token=abc&page=2', 'GET /?token=[redacted]&page=2'],
    ['Authorization: Basic abc\r\nHost: db', 'Authorization: [redacted]\r\nHost: db'],
    [
      '<login><password>pw</password><user>bob</user></login>',
      '<login><password>[redacted]</password><user>bob</user></login>',
    ],
    ['-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nthe rest', '[redacted]\nthe rest'],
    ['password="', 'password=[redacted]'],
    ['token=', 'token='],
  ])('%j keeps what is around the secret', (text, clean) => expect(redact(text)).toBe(clean));

  test.each([
    '',
    'Queue "orders" does not exist.',
    'https://sqs.eu-west-1.amazonaws.com/123456789012/orders',
    'http://localhost:4566/000000000000/orders?to=bob@example.com',
    'https://example.com/users/bob@example.com',
    'see https://example.com or ask bob@example.com',
    'arn:aws:sns:eu-west-1:123456789012:orders',
    'The password must not be empty.',
    'Unexpected token < in JSON at position 0',
    'bearer of bad news',
    'idempotency key: billing/placed/m1',
    'at Object.<anonymous> (file:///app/src/orders.ts:7:3)',
    'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ])('%j is left as it is', (text) => expect(redact(text)).toBe(text));

  test('twice is the same as once', () => {
    for (const text of leaks) expect(redact(redact(text)), text).toBe(redact(text));
  });
});

describe('redaction takes time in proportion to the text', () => {
  const pieces = [
    'a A - _ . \n " \' \\ \\" = : / @ { [ } ] < > ; a. a- a: :// a:// a://b a://b: a://b:c x@ :@ ://@ ://: a:b@',
    'password password- password" password\\ password= password=" password=\' password=\\" password="\\',
    'password={ password=[ token: secret secret- authorization: authorization:" cookie',
    'bearer basic_a AKIA AKIAAAAAAAAAAAAAAAAA eyJ eyJ- eyJaaaaaaaa. eyJaaaaaaaa- 00D 00Daaaaaaaaaaaa! 00Daaaaaaaaaaaa!a.',
    '-----BEGIN -----BEGIN_PRIVATE_KEY----- -----END -----BEGIN_PRIVATE_KEY----------END_ -----',
  ]
    .flatMap((line) => line.split(' '))
    .flatMap((piece) => [piece, `${piece.replaceAll('_', ' ')} `]);
  // Alone, and after what opens something that never closes.
  const openings = ['', 'password="', 'a://', 'bearer ', 'eyJaaaaaaaa.'];
  const texts = pieces.flatMap((piece) => openings.map((opening) => ({ opening, piece })));

  /** Milliseconds. */
  function timeOf({ opening, piece }: (typeof texts)[number], length: number): number {
    const text = `${opening}${piece.repeat(length / piece.length)}\u0000`;
    const before = performance.now();
    redact(text);
    return performance.now() - before;
  }

  /** How many times as long sixteen times the text takes: the least of some pairs, which another process did not come between. */
  function growth(text: (typeof texts)[number]): number {
    const pairs = Array.from({ length: 5 }, () => [timeOf(text, 100_000), timeOf(text, 6_250)] as const);
    const ratios = pairs.map(([long, short]) => long / Math.max(0.25, short));
    return Math.min(...ratios);
  }

  test('whatever could make an expression go back', () => {
    // Where time grows with the square it is 256 times as long. What takes next to no time is not looked at twice.
    const slow = texts.find((text) => timeOf(text, 100_000) > 25 && growth(text) > 64);
    expect(slow).toBeUndefined();
  });
});

describe('the description of an error', () => {
  test('tells name, code, message and stack', () => {
    const error = new MillraceError('CONSUMER_STATE', 'Too late.');
    expect(describeError(error)).toEqual({
      name: 'MillraceError',
      code: 'CONSUMER_STATE',
      message: 'Too late.',
      stack: error.stack,
    });
    expect(describeError(new RangeError('far'))).toMatchObject({
      name: 'RangeError',
      code: undefined,
      message: 'far',
    });
    expect(describeError(Object.assign(new Error('grpc'), { code: 14 }))).toMatchObject({ code: undefined });
  });

  test('tells the causes', () => {
    const root = new Error('ECONNREFUSED');
    const error = new Error('no answer', { cause: new Error('no connection', { cause: root }) });
    expect(describeError(error).message).toBe('no answer Cause: no connection Cause: ECONNREFUSED');
    expect(describeError(new Error('odd', { cause: { status: 500 } })).message).toBe(
      'odd Cause: {"status":500}',
    );
  });

  test('tells the errors of an AggregateError, which often says nothing itself', () => {
    const aggregate = new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')], '');
    expect(describeError(aggregate).message).toBe('::1 refused Cause: 127.0.0.1 refused');
    expect(describeError(new Error('connect', { cause: aggregate })).message).toBe(
      'connect Cause: ::1 refused Cause: 127.0.0.1 refused',
    );
  });

  test('ends where causes go in a circle', () => {
    const error = new Error('round');
    error.cause = new Error('and round', { cause: error });
    expect(describeError(error).message.split(' Cause: ')).toHaveLength(6);
  });

  test.each([
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [7, '7'],
    [{ status: 500 }, '{"status":500}'],
    [Symbol('s'), 'Symbol(s)'],
    [10n, '[object BigInt]'],
  ])('%o that was thrown is told as a text', (thrown, message) => {
    expect(describeError(thrown)).toEqual({ name: 'NonError', code: undefined, message, stack: undefined });
  });

  test('an error of another realm is an error', () => {
    expect(describeError(runInNewContext("new TypeError('from afar')"))).toMatchObject({
      name: 'TypeError',
      message: 'from afar',
    });
  });

  test.each([
    [
      'a message that throws',
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error('no');
        },
      }),
    ],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          getPrototypeOf: () => {
            throw new Error('no');
          },
        },
      ),
    ],
    ['a stack that is no text', Object.assign(new Error('x'), { stack: 7 })],
    ['a circle', Object.assign(Object.create(null) as object, { toString: undefined })],
  ])('%s does not make it throw', (_what, thrown) => {
    expect(typeof describeError(thrown).message).toBe('string');
  });

  test('has no credential in message, causes or stack', () => {
    for (const text of leaks) {
      const told = [
        describeError(new Error(text)),
        describeError(new Error('outer', { cause: new Error(text) })),
        describeError(new Error('outer', { cause: text })),
        describeError(new AggregateError([new Error(text)], 'outer')),
        describeError(text),
      ];
      expect(JSON.stringify(told), text).not.toContain(secret);
    }
  });
});
