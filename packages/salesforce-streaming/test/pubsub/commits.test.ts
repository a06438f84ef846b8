import { manualClock } from '@millrace/testing';
import { expect, test } from 'vitest';
import { createCommits } from '../../src/pubsub/commits.ts';

const replayId = Buffer.from('0000000000000001', 'hex');

function setUp() {
  const clock = manualClock();
  const sent: string[] = [];
  const commits = createCommits(clock, 'Billing');
  return {
    clock,
    sent,
    commits,
    add: () => commits.add((id) => sent.push(id)),
    answer: (place: number) =>
      commits.answered({ commitRequestId: sent[place] ?? '', replayId, error: null }),
  };
}

test('one answer stands for all commits up to its own, and for none after it', async () => {
  const { add, answer, clock, commits } = setUp();
  const first = add();
  const second = add();
  const third = add();
  answer(1);
  await Promise.all([first, second]);
  commits.broken();
  await expect(third).rejects.toMatchObject({ code: 'SALESFORCE_CONNECTION_LOST' });
  expect(clock.pending).toBe(0);
});

test('an answer to nothing settles nothing', async () => {
  const { add, commits, answer } = setUp();
  const first = add();
  commits.answered({ commitRequestId: 'of somebody else', replayId, error: null });
  answer(0);
  await expect(first).resolves.toBeUndefined();
});

test('without an answer it is refused after 30 seconds, and the next one is not held up', async () => {
  const { add, clock, answer } = setUp();
  const first = add();
  first.catch(() => {});
  await clock.advance(29_999);
  const second = add();
  await clock.advance(1);
  await expect(first).rejects.toMatchObject({ message: expect.stringContaining('30 seconds') });
  answer(1);
  await expect(second).resolves.toBeUndefined();
});
