import { toPosition } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { Cursor } from '../src/cursor.ts';
import { distance, formatCursor, isAfter, parseCursor } from '../src/cursor.ts';

const cursors: readonly (readonly [string, Cursor])[] = [
  ['r:start', { kind: 'revision', after: 'start' }],
  ['r:0', { kind: 'revision', after: 0n }],
  ['r:18446744073709551615', { kind: 'revision', after: 2n ** 64n - 1n }],
  ['p:start', { kind: 'position', after: 'start' }],
  ['p:120/118', { kind: 'position', after: { commit: 120n, prepare: 118n } }],
];

describe('positions as text', () => {
  it.each(cursors)('%s is written and read', (text, cursor) => {
    expect(formatCursor(cursor)).toBe(toPosition(text));
    expect(parseCursor(text)).toEqual(cursor);
  });

  it.each([
    '',
    'r:',
    'r:-1',
    'r:1.5',
    'r:18446744073709551616',
    'p:1',
    'p:1/',
    'p:1/18446744073709551616',
    '12',
    'b:1',
    'r:1 ',
  ])('refuses "%s"', (text) => expect(parseCursor(text)).toBeUndefined());
});

describe('the order of positions', () => {
  it('counts revisions as numbers, from before the first', () => {
    expect(isAfter({ kind: 'revision', after: 10n }, { kind: 'revision', after: 9n })).toBe(true);
    expect(isAfter({ kind: 'revision', after: 9n }, { kind: 'revision', after: 9n })).toBe(false);
    expect(isAfter({ kind: 'revision', after: 0n }, { kind: 'revision', after: 'start' })).toBe(true);
    expect(isAfter({ kind: 'revision', after: 'start' }, { kind: 'revision', after: 'start' })).toBe(false);
  });

  it('looks at the commit first, then at the prepare', () => {
    const at = (commit: bigint, prepare: bigint): Cursor => ({
      kind: 'position',
      after: { commit, prepare },
    });
    expect(isAfter(at(10n, 5n), at(9n, 9n))).toBe(true);
    expect(isAfter(at(10n, 6n), at(10n, 5n))).toBe(true);
    expect(isAfter(at(10n, 5n), at(10n, 6n))).toBe(false);
  });

  it('has a distance that is never below 0', () => {
    expect(distance({ kind: 'revision', after: 'start' }, { kind: 'revision', after: 4n })).toBe(5);
    expect(distance({ kind: 'revision', after: 4n }, { kind: 'revision', after: 2n })).toBe(0);
  });
});
