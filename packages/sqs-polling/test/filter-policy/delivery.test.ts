import { describe, expect, test } from 'vitest';
import { compareDelivery, furtherConstraints, patternsOf } from '../../src/filter-policy/delivery.ts';
import { parseFilterPolicy } from '../../src/filter-policy/parse.ts';

const compare = (policy: string, patterns: readonly string[], takesAll = false) =>
  compareDelivery(parseFilterPolicy(policy), 'event', { patterns, takesAll });
const gaps = (list: readonly { readonly what: string; readonly example: string }[]) =>
  list.map(({ what, example }) => `${what} (${example})`);

describe('what the deployed policy keeps from the handlers', () => {
  test.each<[string, string, readonly string[], readonly string[]]>([
    ['the same', '{"event":["A.x"]}', ['A.x'], []],
    ['a prefix covers a type', '{"event":[{"prefix":"Order"}]}', ['OrderPlaced.shop'], []],
    ['a prefix covers a longer one', '{"event":[{"prefix":"Order"}]}', ['OrderLine*'], []],
    ['a suffix covers a pattern', '{"event":[{"suffix":".shop"}]}', ['Order*.shop'], []],
    ['a wildcard covers its like', '{"event":[{"wildcard":"Order*.shop"}]}', ['Order*.shop'], []],
    ['no policy covers everything', '', ['A.x', 'B*'], []],
    ['exists covers everything', '{"event":[{"exists":true}]}', ['A*'], []],
    ['case aside', '{"event":[{"equals-ignore-case":"ORDER"}]}', ['Order', 'order'], []],
    ['anything but others', '{"event":[{"anything-but":["B.x"]}]}', ['A.x'], []],
    [
      'several values together',
      '{"event":["A.x",{"prefix":"A.x."},{"anything-but":{"prefix":"A.x"}}]}',
      ['A.x'],
      [],
    ],
    ['alternatives together', '{"$or":[{"event":["A"]},{"event":["B"]}]}', ['A', 'B'], []],
    ['a missing type', '{"event":["A.x"]}', ['A.x', 'B.x'], ['B.x (B.x)']],
    ['another case', '{"event":["order"]}', ['Order'], ['Order (Order)']],
    ['a pattern where only types are deployed', '{"event":["OrderA"]}', ['Order*'], ['Order* (Order)']],
    ['a wider pattern', '{"event":[{"prefix":"Order"}]}', ['*'], ['* (O)']],
    ['a type that is left out', '{"event":[{"anything-but":["A.x"]}]}', ['A.x'], ['A.x (A.x)']],
    ['a pattern of which one type is left out', '{"event":[{"anything-but":["A.x"]}]}', ['A*'], ['A* (A.x)']],
    ['only events without a name', '{"event":[{"exists":false}]}', ['A'], ['A (A)']],
    ['a number is no name', '{"event":[5]}', ['5'], ['5 (5)']],
    [
      'an address range is no name',
      '{"event":[{"cidr":"10.0.0.0/8"}]}',
      ['10.0.0.1'],
      ['10.0.0.1 (10.0.0.1)'],
    ],
  ])('%s', (_why, policy, patterns, expected) => {
    const { undelivered, conditional, undecided } = compare(policy, patterns);
    expect(gaps(undelivered)).toEqual(expected);
    expect([conditional, undecided]).toEqual([[], []]);
  });

  test.each<[string, string, readonly string[], readonly string[]]>([
    ['a further key', '{"event":["A"],"shop":["s"]}', ['A'], ['A (A)']],
    ['a key that is not the event', '{"shop":["s"]}', ['A'], ['A (A)']],
    [
      'an alternative without it',
      '{"$or":[{"event":["A"]},{"event":["B"],"shop":["s"]}]}',
      ['A', 'B'],
      ['B (B)'],
    ],
    ['an alternative without it for some', '{"$or":[{"event":["A"]},{"shop":["s"]}]}', ['A*'], ['A* (Ax)']],
  ])('delivers only under a condition: %s', (_why, policy, patterns, expected) => {
    const { undelivered, conditional } = compare(policy, patterns);
    expect([undelivered, gaps(conditional)]).toEqual([[], expected]);
    expect(furtherConstraints(parseFilterPolicy(policy), 'event')).toEqual(['shop is "s"']);
  });
});

describe('what is deployed and nobody handles', () => {
  test.each<[string, string, readonly string[], readonly string[]]>([
    ['the same', '{"event":["A.x"]}', ['A.x'], []],
    ['covered by a pattern', '{"event":["A.x",{"prefix":"A.y"}]}', ['A*'], []],
    ['covered by several', '{"event":[{"equals-ignore-case":"ab"}]}', ['ab', 'Ab', '*B'], []],
    ['a type too many', '{"event":["A.x","B.x"]}', ['A.x'], ['event "B.x" (B.x)']],
    ['a prefix that is wider', '{"event":[{"prefix":"A"}]}', ['A.*'], ['event prefix "A" (A)']],
    ['no policy', '', ['A'], ['everything (x)']],
    ['a filter by something else', '{"shop":["s"]}', ['A'], ['shop is "s" (x)']],
    ['anything but a few', '{"event":[{"anything-but":["A"]}]}', ['B'], ['event anything but "A" (x)']],
  ])('%s', (_why, policy, patterns, expected) => {
    expect(gaps(compare(policy, patterns).unhandled)).toEqual(expected);
  });

  test('a default handler handles all', () => {
    expect(compare('', ['A'], true).unhandled).toEqual([]);
  });
});

test('what can not be decided is said', () => {
  const letters = 'abcdefghijkl';
  const patterns = [...letters].map((letter, index) => ({ wildcard: `*${letter}*${index}*` }));
  const policy = JSON.stringify({
    $or: patterns.map((pattern) => ({ event: [{ 'anything-but': pattern }] })),
  });
  expect(compare(policy, ['*end']).undecided).toEqual(['*end']);
});

describe('patterns of a policy', () => {
  test.each<[string, string, readonly string[] | undefined]>([
    [
      'types and patterns, sorted',
      '{"event":[{"wildcard":"B*c"},{"suffix":".x"},{"prefix":"Z"},"A"]}',
      ['*.x', 'A', 'B*c', 'Z*'],
    ],
    ['of all alternatives', '{"$or":[{"event":["B"]},{"event":["A"],"shop":["s"]}]}', ['A', 'B']],
    ['events without a name have no type', '{"event":["A",{"exists":false}]}', ['A']],
    ['no policy', '', undefined],
    ['another key', '{"shop":["s"]}', undefined],
    ['an alternative by another key', '{"$or":[{"event":["B"]},{"shop":["s"]}]}', undefined],
    ['anything but', '{"event":[{"anything-but":"A"}]}', undefined],
    ['case aside', '{"event":[{"equals-ignore-case":"A"}]}', undefined],
    ['any', '{"event":[{"exists":true}]}', undefined],
    ['a star in a name', '{"event":["A*"]}', undefined],
    ['an escaped star', '{"event":[{"wildcard":"A\\\\*"}]}', undefined],
    ['a number', '{"event":[5]}', undefined],
  ])('%s', (_why, policy, expected) => {
    expect(patternsOf(parseFilterPolicy(policy), 'event')).toEqual(expected);
  });
});
