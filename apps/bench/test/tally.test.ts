import { expect, test } from 'vitest';

import { createTally } from '../src/measure/tally.ts';

test('is content with each message handled and settled once', async () => {
  const tally = createTally(3);
  for (const number of [2, 0, 1]) {
    tally.handled(number);
    tally.settled(number);
  }
  await tally.complete;
  expect(() => tally.check()).not.toThrow();
});

test.each([
  {
    handled: [0, 1],
    settled: [0, 1, 2],
    problem: 'Of 3 messages 1 were never handled and 0 more than once.',
  },
  {
    handled: [0, 1, 2, 2],
    settled: [0, 1, 2],
    problem: 'Of 3 messages 0 were never handled and 1 more than once.',
  },
  {
    handled: [0, 1, 2],
    settled: [0, 1, 1],
    problem: 'Of 3 messages 1 were never settled and 1 more than once.',
  },
])('tells that $problem', async ({ handled, settled, problem }) => {
  const tally = createTally(3);
  handled.forEach(tally.handled);
  settled.forEach(tally.settled);
  await tally.complete;
  expect(() => tally.check()).toThrow(problem);
});

test('gives up on messages that are never settled', async () => {
  const tally = createTally(3, 1);
  tally.settled(0);
  await expect(tally.complete).rejects.toThrow('2 of 3 messages were not settled.');
});
