import { describe, expect, test } from 'vitest';

import { assertPattern, isPattern, matchesPattern, patternsOverlap } from '../src/pattern.ts';

describe('an event type or pattern', () => {
  test.each([
    'OrderPlaced',
    'OrderPlaced.shop',
    '/event/Order__e',
    '$metadata',
    'a*',
    '*',
    '*.shop',
    'a*b*c',
    'Größe',
    '😀*',
  ])('%s is taken', (pattern) => expect(() => assertPattern(pattern)).not.toThrow());

  test.each(['', ' ', '\t', 'Order Placed', 'Order\n', 'a**', '**', 'a?', '[ab]', 'a]', '{a}', 'b}', '!a'])(
    '%j is refused, by its text',
    (pattern) =>
      expect(() => assertPattern(pattern)).toThrow(
        expect.objectContaining({
          code: 'HANDLER_PATTERN',
          message: expect.stringMatching(
            /stands for any run of characters, such as "Order\*\.shop"/,
          ) as string,
        }),
      ),
  );

  test.each([[undefined], [null], [7], [7n], [Symbol('a')], [/a/]])(
    '%s, which is no text, is refused',
    (pattern) =>
      expect(() => assertPattern(pattern as unknown as string)).toThrow(
        expect.objectContaining({ code: 'HANDLER_PATTERN' }),
      ),
  );

  test('is a pattern when it has a *', () => {
    expect(['a', 'a*', '*'].map(isPattern)).toEqual([false, true, true]);
  });
});

describe('matching', () => {
  test.each([
    ['*', ''],
    ['*', 'anything.at/all'],
    ['Order*.shop', 'Order.shop'],
    ['Order*.shop', 'OrderPlaced.eu.shop'],
    ['*.shop', '.shop'],
    ['a*b*c', 'abc'],
    ['a*b*c', 'a-b-b-c'],
    ['a*a', 'aa'],
    ['Größe*', 'Größer'],
    ['😀*', '😀 and more'],
    ['*😀', 'x😀'],
    ['a.c*', 'a.cd'],
  ])('%s takes %s', (pattern, type) => expect(matchesPattern(pattern, type)).toBe(true));

  test.each([
    ['Order*.shop', 'Order.shops'],
    ['Order*.shop', 'MyOrder.shop'],
    ['Order*', 'order'],
    ['a*a', 'a'],
    ['a.c*', 'abc'],
    ['a*b*c', 'acb'],
    ['😀*', '😁'],
  ])('%s does not take %s', (pattern, type) => expect(matchesPattern(pattern, type)).toBe(false));

  const texts = upTo(4, ['a', 'b']);
  const patterns = upTo(4, ['a', 'b', '*']).filter((pattern) => !pattern.includes('**'));

  test('agrees with the regular expression that says the same', () => {
    const wrong = patterns.flatMap((pattern) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
      return texts
        .filter((text) => matchesPattern(pattern, text) !== expression.test(text))
        .map((text) => [pattern, text]);
    });
    expect(wrong).toEqual([]);
  });

  test('two patterns overlap when a text fits both, whichever comes first', () => {
    // Of patterns of 4 characters, two that have a text in common have one of 6.
    const short = patterns.filter((pattern) => pattern.length <= 3);
    const common = upTo(6, ['a', 'b']);
    const wrong = short.flatMap((one) =>
      short.filter((other) => {
        const meet = common.some((text) => matchesPattern(one, text) && matchesPattern(other, text));
        return patternsOverlap(one, other) !== meet || patternsOverlap(other, one) !== meet;
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('a * in what a source sends is a wildcard only when patterns are compared', () => {
    expect(matchesPattern('ab', 'a*')).toBe(false);
    expect(patternsOverlap('ab', 'a*')).toBe(true);
  });
});

/** Every text of these characters up to the length. */
function upTo(length: number, alphabet: readonly string[]): readonly string[] {
  if (length === 0) return [''];
  const shorter = upTo(length - 1, alphabet);
  return [
    ...new Set([...shorter, ...shorter.flatMap((text) => alphabet.map((character) => text + character))]),
  ];
}
