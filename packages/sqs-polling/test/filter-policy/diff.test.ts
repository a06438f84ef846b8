import { describe, expect, test } from 'vitest';
import { diffFilterPolicies } from '../../src/filter-policy/diff.ts';
import type { FilterPolicyScope } from '../../src/filter-policy/policy.ts';

const body = 'MessageBody' as const;

describe('policies that say the same', () => {
  test.each<[string, string, string, FilterPolicyScope?]>([
    ['no policy and an empty one', '', '{}'],
    ['order of values', '{"event":["A","B"]}', '{"event":["B","A"]}'],
    ['order of keys', '{"a":["1"],"b":["2"]}', '{"b":["2"],"a":["1"]}'],
    ['repetition', '{"event":["A"]}', '{"event":["A","A"]}'],
    ['white space', '{"event":["A"]}', '{ "event" : [ "A" ] }'],
    ['a number and numeric =', '{"p":[5]}', '{"p":[{"numeric":["=",5.0]}]}'],
    ['order in a range', '{"p":[{"numeric":[">",0,"<",9]}]}', '{"p":[{"numeric":["<",9,">",0]}]}'],
    ['anything-but one, or a list of one', '{"e":[{"anything-but":"A"}]}', '{"e":[{"anything-but":["A"]}]}'],
    [
      'anything-but in another order',
      '{"e":[{"anything-but":["A","B"]}]}',
      '{"e":[{"anything-but":["B","A"]}]}',
    ],
    [
      'anything-but prefixes',
      '{"e":[{"anything-but":{"prefix":"A"}}]}',
      '{"e":[{"anything-but":{"prefix":["A"]}}]}',
    ],
    ['order of alternatives', '{"$or":[{"a":["1"]},{"b":["2"]}]}', '{"$or":[{"b":["2"]},{"a":["1"]}]}'],
    ['a path and nesting', '{"a":{"b":["1"]}}', '{"a.b":["1"]}', body],
    [
      'a key beside alternatives, or in each',
      '{"k":["1"],"$or":[{"a":["1"]},{"b":["2"]}]}',
      '{"$or":[{"k":["1"],"a":["1"]},{"b":["2"],"k":["1"]}]}',
    ],
  ])('%s', (_why, one, other, scope) => {
    expect(diffFilterPolicies({ policy: one, scope }, { policy: other, scope })).toEqual({
      equal: true,
      missing: [],
      extra: [],
    });
  });

  test('an absent scope is MessageAttributes', () => {
    const policy = '{"event":["A"]}';
    expect(diffFilterPolicies({ policy }, { policy, scope: 'MessageAttributes' }).equal).toBe(true);
  });

  test('the scope of no policy does not matter', () => {
    expect(diffFilterPolicies({ policy: undefined }, { policy: '{}', scope: body }).equal).toBe(true);
  });
});

describe('policies that differ', () => {
  test.each<[string, string, string, readonly string[], readonly string[]]>([
    ['a type too few', '{"event":["A","B"]}', '{"event":["A"]}', ['event: "B"'], []],
    ['a type too many', '{"event":["A"]}', '{"event":["A","B"]}', [], ['event: "B"']],
    [
      'one for another',
      '{"event":["A"]}',
      '{"event":[{"prefix":"A"}]}',
      ['event: "A"'],
      ['event: prefix "A"'],
    ],
    ['case', '{"event":["A"]}', '{"event":["a"]}', ['event: "A"'], ['event: "a"']],
    ['text and number', '{"event":["5"]}', '{"event":[5]}', ['event: "5"'], ['event: number 5']],
    [
      'a bound',
      '{"p":[{"numeric":[">",0]}]}',
      '{"p":[{"numeric":[">=",0]}]}',
      ['p: number > 0'],
      ['p: number >= 0'],
    ],
    ['a further key', '{"event":["A"]}', '{"event":["A"],"s":["x"]}', [], ['only if s is "x"']],
    ['no filter at all', '{"event":["A","B"]}', '', ['only if event is "A" or "B"'], []],
    [
      'an alternative',
      '{"$or":[{"a":["1"]},{"b":["2"]}]}',
      '{"$or":[{"a":["1"]},{"b":["3"]}]}',
      ['b is "2"'],
      ['b is "3"'],
    ],
    [
      'an alternative for a key',
      '{"event":["A"]}',
      '{"$or":[{"event":["A"]},{"b":["3"]}]}',
      [],
      ['b is "3"'],
    ],
  ])('%s', (_why, expected, deployed, missing, extra) => {
    expect(diffFilterPolicies({ policy: expected }, { policy: deployed })).toEqual({
      equal: false,
      missing,
      extra,
    });
  });

  test('the scope', () => {
    const policy = { event: ['A'] };
    expect(diffFilterPolicies({ policy }, { policy, scope: body })).toEqual({
      equal: false,
      missing: ['scope MessageAttributes'],
      extra: ['scope MessageBody'],
    });
  });
});
