import { expect, test } from 'vitest';
import { parseJson, writeJson } from '../../src/bayeux/json.ts';

test('integers that a number can not hold become bigints', () => {
  expect(parseJson('[{"replayId":9007199254740993},{"a":[1]}]')).toEqual([
    { replayId: 9007199254740993n },
    { a: [1] },
  ]);
  expect(parseJson('[{"a":[-12345678901234567890]}]')).toEqual([{ a: [-12345678901234567890n] }]);
  expect(parseJson('[ 9007199254740992 ,\n9007199254740993]')).toEqual([
    9007199254740992n,
    9007199254740993n,
  ]);
});

test('everything else stays what JSON says', () => {
  const text =
    '{"most":9007199254740991,"float":0.1234567890123456789,"huge":1e300,"text":"a:9007199254740993","also":12345678901234567890}';
  expect(parseJson(text)).toEqual({
    most: 9007199254740991,
    float: 0.12345678901234568,
    huge: 1e300,
    text: 'a:9007199254740993',
    also: 12345678901234567890n,
  });
});

test('bigints are written as integers with all their digits', () => {
  expect(writeJson({ replay: { '/event/X__e': 9007199254740993n, '/u/y': -1 } })).toBe(
    '{"replay":{"/event/X__e":9007199254740993,"/u/y":-1}}',
  );
});
