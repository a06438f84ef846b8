import { expect, test } from 'vitest';
import { parseJson } from '../../../src/salesforce/event-log/json.ts';
import {
  readReplayId,
  replayIdFromBytes,
  replayIdToBytes,
} from '../../../src/salesforce/event-log/replay-id.ts';

test.each([
  ['{"id":-2}', -2n],
  ['{"id":17}', 17n],
  ['{"id":9007199254740993}', 9_007_199_254_740_993n],
  ['{"id":"9007199254740993"}', 9_007_199_254_740_993n],
  ['{"id":1.5}', undefined],
  ['{"id":"17 "}', undefined],
  ['{"id":null}', undefined],
  ['{"id":1e30}', undefined],
])('a client that sends %s means %s', (text, expected) => {
  expect(readReplayId((parseJson(text) as { id: unknown }).id)).toBe(expected);
});

test.each([0n, 1n, 93_225n, 2n ** 53n + 1n, 2n ** 63n - 1n])(
  '%s is ten bytes in the Pub/Sub API, and back',
  (id) => {
    const bytes = replayIdToBytes(id);

    expect(bytes).toHaveLength(10);
    expect(replayIdFromBytes(bytes)).toBe(id);
  },
);

test('has its bytes in the order of the network', () => {
  expect(replayIdToBytes(93_225n).toString('hex')).toBe('0000000000016c290000');
});

test.each([
  '',
  '00',
  '0000000000016c290001',
  '0000000000016c290100',
  '0000000000016c29000000',
  'ffffffffffffffff0000',
])('is not made of the bytes %s', (hex) => {
  expect(replayIdFromBytes(Buffer.from(hex, 'hex'))).toBeUndefined();
});
