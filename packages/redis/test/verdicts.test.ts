import { describe, expect, test } from 'vitest';
import type { Answer, Node } from '../src/connection/node.ts';
import { tallyClaims } from '../src/records/verdicts.ts';

const won = (fence: number, attempt = fence): Answer => [1, fence, attempt, 0];
const done: Answer = [2];
const busy = (owner: string, remaining = 100): Answer => [3, remaining, owner];
const mismatch: Answer = [4, 0];
const mismatchDone: Answer = [4, 1];
const silent = new Error('did not answer');

const decide = (nodes: number, votes: readonly Answer[]) =>
  tallyClaims(Array.from({ length: nodes }, () => ({}) as Node))(votes, nodes - votes.length);

describe('votes of three nodes', () => {
  test.each([
    [
      'two claims',
      [won(1), won(1)],
      { status: 'claimed', fence: 1, attempt: 1, takeover: false, agreed: true },
    ],
    [
      'claims with other fences',
      [won(1), won(4)],
      { status: 'claimed', fence: 4, attempt: 4, takeover: false, agreed: false },
    ],
    [
      'claims with other attempts',
      [won(4, 2), won(4, 3)],
      { status: 'claimed', fence: 4, attempt: 3, takeover: false, agreed: false },
    ],
    ['one claim', [won(1)], undefined],
    ['a claim and an error', [won(1), silent], undefined],
    [
      'a claim and two errors',
      [won(1), silent, silent],
      { status: 'unavailable', reasons: [silent, silent] },
    ],
    ['one that knows it is done', [done], { status: 'done' }],
    ['done behind a claim', [won(1), done], { status: 'done' }],
    ['done, though two did not answer', [silent, silent, done], { status: 'done' }],
    ['done with another fingerprint', [mismatchDone], { status: 'mismatch' }],
    ['two with another fingerprint', [mismatch, mismatch], { status: 'mismatch' }],
    [
      'one with another fingerprint is no majority',
      [mismatch, won(1), won(1)],
      { status: 'claimed', fence: 1, attempt: 1, takeover: false, agreed: true },
    ],
    ['two busy with one owner', [busy('a', 70), busy('a', 50)], { status: 'busy', remaining: 50 }],
    [
      'a claim among two of one owner',
      [won(1), busy('a', 70), busy('a', 50)],
      { status: 'busy', remaining: 50 },
    ],
    ['a vote for each of three', [won(1), busy('a'), busy('b')], { status: 'split' }],
    ['a claim, another, and silence', [won(1), busy('a'), silent], { status: 'split' }],
    [
      'busy and two errors',
      [busy('a'), silent, silent],
      { status: 'unavailable', reasons: [silent, silent] },
    ],
  ] as const)('%s', (_, votes, expected) => {
    expect(decide(3, votes)).toEqual(expected);
  });
});

test('one node decides alone', () => {
  expect(decide(1, [won(3)])).toMatchObject({ status: 'claimed', fence: 3, agreed: true });
  expect(decide(1, [busy('a', 9)])).toEqual({ status: 'busy', remaining: 9 });
  expect(decide(1, [mismatch])).toEqual({ status: 'mismatch' });
  expect(decide(1, [silent])).toMatchObject({ status: 'unavailable' });
});

test('five nodes need three', () => {
  expect(decide(5, [won(1), won(1)])).toBeUndefined();
  expect(decide(5, [won(1), won(1), won(1)])).toMatchObject({ status: 'claimed' });
  expect(decide(5, [won(1), won(1), busy('a'), busy('a'), busy('b')])).toEqual({ status: 'split' });
});
