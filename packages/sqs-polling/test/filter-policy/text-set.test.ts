import { describe, expect, test } from 'vitest';
import type { Glob } from '../../src/filter-policy/glob.ts';
import {
  anyText,
  caseless,
  endingWith,
  exactly,
  glob,
  matchesGlob,
  startingWith,
} from '../../src/filter-policy/glob.ts';
import { findMember } from '../../src/filter-policy/text-set.ts';

describe('globs', () => {
  test.each<[string, Glob, string, boolean]>([
    ['a star stands for nothing', glob('a*b'), 'ab', true],
    ['a star stands for a run', glob('a*b'), 'a--ba-b', true],
    ['the end must fit', glob('a*b'), 'a--bc', false],
    ['a star alone fits all', glob('*'), 'x', true],
    ['a star alone fits the empty text', glob('*'), '', true],
    ['two stars', glob('*a*'), 'xax', true],
    ['two stars without what is between them', glob('*a*'), 'xbx', false],
    ['a dot is a dot', glob('a.b'), 'axb', false],
    ['case counts', exactly('Order'), 'order', false],
    ['unless it is said not to', caseless('Order'), 'oRDER', true],
    ['caseless is still exact', caseless('Order'), 'orders', false],
    ['a prefix fits itself', startingWith('Order'), 'Order', true],
    ['a prefix holds stars as they are', startingWith('a*'), 'axx', false],
    ['a suffix', endingWith('.shop'), 'a.shop', true],
    ['a suffix that starts over', endingWith('aab'), 'aaab', true],
    ['an escaped star is a star', glob('a\\*b', true), 'a*b', true],
    ['and nothing else', glob('a\\*b', true), 'axb', false],
    ['an escaped backslash', glob('a\\\\*', true), 'a\\x', true],
    ['without escapes a backslash is one', glob('a\\*', false), 'a\\x', true],
    ['characters beyond 16 bits are one', exactly('\u{1F600}'), '\u{1F600}', true],
  ])('%s', (_why, pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });
});

describe('finding a member', () => {
  const within = (inner: readonly Glob[], outer: readonly Glob[]) =>
    findMember({
      allOf: [
        { anyOf: inner.map((one) => ({ glob: one })) },
        { not: { anyOf: outer.map((one) => ({ glob: one })) } },
      ],
    });

  test.each<[string, readonly Glob[], readonly Glob[], string | undefined]>([
    ['a text is within its prefix', [exactly('OrderPlaced')], [startingWith('Order')], undefined],
    ['a prefix is not within a text', [startingWith('Order')], [exactly('OrderPlaced')], 'Order'],
    ['a longer prefix is within a shorter', [startingWith('Orders')], [startingWith('Order')], undefined],
    ['a shorter prefix is not within a longer', [startingWith('Order')], [startingWith('Orders')], 'Order'],
    ['two halves', [glob('Order*.shop')], [startingWith('Order')], undefined],
    ['a prefix is more than its end', [startingWith('Order')], [glob('Order*.shop')], 'Order'],
    ['everything is within everything', [anyText], [glob('*')], undefined],
    ['everything is not within a prefix', [anyText], [startingWith('O')], 'x'],
    [
      'several together cover',
      [exactly('a.x'), exactly('b.x')],
      [exactly('a.x'), endingWith('b.x')],
      undefined,
    ],
    [
      'the one that is missing is found',
      [exactly('a.x'), exactly('c.x')],
      [exactly('a.x'), exactly('b.x')],
      'c.x',
    ],
    ['suffixes', [endingWith('.eu.shop')], [endingWith('.shop')], undefined],
    ['stars inside', [glob('a*b*c')], [glob('a*c')], undefined],
    ['stars inside, turned round', [glob('a*c')], [glob('a*b*c')], 'ac'],
    ['caseless covers each spelling', [exactly('ORDER'), exactly('order')], [caseless('Order')], undefined],
    ['one spelling does not cover caseless', [caseless('ab')], [exactly('ab')], 'aB'],
    ['the empty text is not looked for', [glob('*')], [glob('*')], undefined],
  ])('%s', (_why, inner, outer, expected) => {
    const found = within(inner, outer);
    expect(found === 'undecided' ? found : found?.text).toBe(expected);
  });

  test('agrees with trying all short texts', () => {
    const letters = ['a', 'b', '.'];
    const texts = [''];
    for (let index = 0; texts.length < 400; index += 1)
      letters.forEach((letter) => texts.push((texts[index] ?? '') + letter));
    const patterns = ['a*', '*a', '*', 'a*b', '*a*', 'a', 'ab', 'a*a', '*.*', 'b*.a', '*b', 'a.*b'].map(
      (text) => glob(text),
    );
    for (const one of patterns) {
      for (const other of patterns) {
        const counterexample = texts.find(
          (text) => text && matchesGlob(one, text) && !matchesGlob(other, text),
        );
        const found = within([one], [other]);
        expect(found === undefined, JSON.stringify([one.tokens.map(String), other.tokens.map(String)])).toBe(
          counterexample === undefined,
        );
        const text = typeof found === 'object' ? found.text : (counterexample ?? '');
        expect(matchesGlob(one, text) && !matchesGlob(other, text)).toBe(found !== undefined);
      }
    }
  });

  test('as many types as a policy can hold are decided', () => {
    const names = Array.from({ length: 150 }, (_, index) => exactly(`OrderStepNumber${index}.warehouse`));
    expect(within([startingWith('OrderStep')], [...names, startingWith('Order')])).toBeUndefined();
    expect(within(names, [startingWith('OrderStep')])).toBeUndefined();
    expect(within(names, names)).toBeUndefined();
    expect(within(names, names.slice(1))).toEqual({ text: 'OrderStepNumber0.warehouse' });
  });

  test('gives up where it would take for ever, and says so', () => {
    const intricate = Array.from({ length: 12 }, (_, index) =>
      glob(`*${String.fromCharCode(97 + index)}*${index}*`),
    );
    expect(within([anyText], intricate)).toEqual({ text: 'a' });
    const far = findMember({
      allOf: [{ glob: endingWith('end') }, ...intricate.map((one) => ({ glob: one }))],
    });
    expect(far).toBe('undecided');
  });
});
