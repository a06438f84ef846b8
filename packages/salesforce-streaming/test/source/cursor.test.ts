import { expect, test } from 'vitest';
import type { Place, TransportName } from '../../src/cursor.ts';
import { formatPosition, parsePosition, transportOf } from '../../src/cursor.ts';

test.each<readonly [TransportName, Place, string]>([
  ['bayeux', { cursor: '123456789012345678901' }, 'b:123456789012345678901'],
  ['bayeux', { since: 1_767_225_600_000 }, 'b:since:1767225600000'],
  ['bayeux', { cursor: '7', since: 5 }, 'b:7:since:5'],
  ['pubsub', { cursor: 'AAAAAAAA-_8AAA' }, 'p:AAAAAAAA-_8AAA'],
  ['pubsub', { since: 5 }, 'p:since:5'],
])('%s %o is %s', (transport, place, text) => {
  expect(formatPosition(transport, place)).toBe(text);
  expect(parsePosition(transport, text)).toEqual({ cursor: undefined, since: undefined, ...place });
  expect(transportOf(text)).toBe(transport);
});

test.each([
  '',
  'b',
  'b:',
  'b:x',
  'b:-1',
  'b:12 ',
  '12',
  'b:1:since:',
  'c:1',
  'b:since:x',
  'b:1:2',
  'null',
  '{}',
])('%o is no position', (text) => {
  expect(parsePosition('bayeux', text)).toBeUndefined();
});

test('a position of one transport is none of the other', () => {
  expect(parsePosition('bayeux', 'p:AAAA')).toBeUndefined();
  expect(parsePosition('pubsub', 'b:12')).toBeUndefined();
});
