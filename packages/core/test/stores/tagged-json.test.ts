import { describe, expect, test } from 'vitest';
import { isCarriable, parseTagged, stringifyTagged } from '../../src/stores/tagged-json.ts';

function nested(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level += 1) value = { inner: value };
  return value;
}

describe('round trip', () => {
  const values: readonly (readonly [string, unknown])[] = [
    ['plain data', { a: [1, 'b', null, true], c: {} }],
    ['bytes', new Uint8Array([0, 128, 255])],
    ['a view into a larger buffer', new Uint8Array([1, 2, 3, 4]).subarray(1, 3)],
    ['no bytes', new Uint8Array()],
    ['dates', [new Date(0), new Date('2026-01-02T03:04:05.678Z'), new Date(Number.NaN)]],
    ['numbers that JSON lacks', [Number.NaN, Infinity, -Infinity, -0, 0]],
    ['bigints', [0n, -(2n ** 70n)]],
    ['undefined', { present: undefined, list: [undefined] }],
    [
      'keys that look like tags',
      { $bytes: 1, $$bytes: 2, $: 3, only: { $date: 4 }, $undefined: { $number: 'x' } },
    ],
    ['one key that looks like a tag', { $date: 5 }],
    ['text that UTF-8 can not hold', ['\ud83d', '\0']],
    ['nesting up to the bound', nested(256)],
  ];

  test.each(values)('%s', (_, value) => {
    expect(parseTagged(stringifyTagged(value))).toStrictEqual(value);
  });

  test('a key named __proto__ stays a key and sets no prototype', () => {
    const value: unknown = JSON.parse('{"__proto__":{"admin":true}}');
    const back = parseTagged(stringifyTagged(value));
    expect(Object.entries(back as object)).toEqual([['__proto__', { admin: true }]]);
    expect((back as { admin?: boolean }).admin).toBeUndefined();
  });
});

test('plain data is plain JSON', () => {
  const value = { order: 1, lines: [{ sku: 'a$b', price: 9.5 }], note: null };
  expect(stringifyTagged(value)).toBe(JSON.stringify(value));
});

describe('refused', () => {
  const circular: unknown[] = [];
  circular.push([circular]);
  const values: readonly (readonly [string, unknown])[] = [
    ['a function', { f: () => 1 }],
    ['a symbol', Symbol('s')],
    ['a class instance', new URL('http://localhost')],
    ['a Map', new Map()],
    ['another typed array', new Float64Array(1)],
    ['a cycle', circular],
    ['nesting beyond the bound', nested(257)],
  ];

  test.each(values)('%s', (_, value) => {
    expect(isCarriable(value)).toBe(false);
    expect(() => stringifyTagged(value)).toThrow(/can't be kept as JSON/);
  });

  test('the same object in two places is no cycle', () => {
    const shared = { a: 1 };
    expect(isCarriable([shared, shared, { shared }])).toBe(true);
  });

  test('a tag of a newer version', () => {
    expect(() => parseTagged('{"$regexp":"a"}')).toThrow(/not a tag/);
  });
});
