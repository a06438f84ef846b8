import { expect, test } from 'vitest';
import type { GlobDialect } from '../../src/index.ts';
import { compileGlob } from '../../src/index.ts';

const matches = (glob: string, topic: string, dialect: GlobDialect) =>
  compileGlob(glob, dialect)(Buffer.from(topic));

/** What the dialects say of a topic: `segments`, `fnmatch`, `sqlite`. */
const cases: readonly (readonly [glob: string, topic: string, boolean, boolean, boolean])[] = [
  ['foo/bar', 'foo/bar', true, true, true],
  ['foo/bar', 'foo/ba', false, false, false],
  ['a*c', 'abbc', true, true, true],
  ['a*c', 'ab/c', false, true, true],
  ['foo/*', 'foo/', false, true, true],
  ['foo/*', 'foo/x', true, true, true],
  ['foo/*', 'foo/x/y', false, true, true],
  ['foo/**', 'foo/', true, true, true],
  ['foo/**', 'foo', false, false, false],
  ['foo/**', 'foo/x/y', true, true, true],
  ['foo/**/baz', 'foo/baz', true, false, false],
  ['foo/**/baz', 'foo/x/baz', true, true, true],
  ['foo/**/baz', 'foo/x/y/baz', true, true, true],
  ['foo/**/baz', 'foo/xbaz', false, false, false],
  ['**/**/a', 'x/y/a', true, true, true],
  ['a**', 'ab', true, true, true],
  ['a**', 'a/b', false, true, true],
  ['?', '/', false, true, true],
  ['?', '\u{1f600}', true, true, true],
  ['[ab]', 'b', true, true, true],
  ['[a-c]', 'b', true, true, true],
  ['[c-a]', 'b', false, false, false],
  ['[!a]', 'b', true, true, false],
  ['[!a]', '!', true, true, true],
  ['[^a]', 'b', false, false, true],
  ['[^a]', '^', true, true, true],
  ['[]]', ']', true, true, true],
  ['[-a]', '-', true, true, true],
  ['[a', '[a', true, true, false],
  ['\\a', '\\a', true, true, true],
  ['A', 'a', false, false, false],
  ['a*', 'a\nb', true, true, true],
  ['', '', true, true, true],
  ['*', '', false, true, true],
];

test.each(cases)('%j and %j', (glob, topic, segments, fnmatch, sqlite) => {
  expect({
    segments: matches(glob, topic, 'segments'),
    fnmatch: matches(glob, topic, 'fnmatch'),
    sqlite: matches(glob, topic, 'sqlite'),
  }).toEqual({ segments, fnmatch, sqlite });
});

test('a topic that is not UTF-8 is meant by no glob', () => {
  expect(compileGlob('**')(Buffer.from([0xff]))).toBe(false);
});

test('a pattern that would have a regular expression try all ways is over at once', () => {
  const hard = `${'**/a*'.repeat(100)}b`;
  for (const dialect of ['segments', 'fnmatch', 'sqlite'] as const) {
    expect(matches(hard, 'a/'.repeat(500), dialect)).toBe(false);
  }
});

test('patterns of any length, with wildcards at any place', () => {
  for (let length = 1; length <= 100; length += 1) {
    const head = 'x'.repeat(length);
    for (const dialect of ['segments', 'fnmatch', 'sqlite'] as const) {
      expect(matches(`${head}*y`, `${head}ab${head}y`, dialect), `${length}, ${dialect}`).toBe(true);
      expect(matches(`${head}?${head}`, `${head}y${head}`, dialect), `${length}, ${dialect}`).toBe(true);
      expect(matches(`${head}*y`, `${head.slice(1)}aby`, dialect), `${length}, ${dialect}`).toBe(false);
    }
    expect(matches(`${head}/**/${head}`, `${head}/a/b/${head}`, 'segments')).toBe(true);
    expect(matches(`${head}/**/${head}`, `${head}/${head}`, 'segments')).toBe(true);
    expect(matches(`${head}/**/${head}`, `${head}/a${head}`, 'segments')).toBe(false);
  }
});
