import { manualClock } from '@millrace/testing';
import { expect, test } from 'vitest';
import { createDeadlines } from '../../src/receive/deadlines.ts';

test('each wait ends at its own time, and those that were ended do not', async () => {
  const clock = manualClock();
  const deadlines = createDeadlines(clock, 1_000);
  const passed: string[] = [];
  const start = (name: string) => deadlines.start(() => passed.push(`${name} at ${clock.monotonic()}`));
  start('first');
  const endSecond = start('second');
  await clock.advance(400);
  start('third');
  endSecond();
  await clock.advance(599);
  expect(passed).toEqual([]);
  await clock.advance(1);
  expect(passed).toEqual(['first at 1000']);
  await clock.advance(400);
  expect(passed).toEqual(['first at 1000', 'third at 1400']);
  expect(clock.pending).toBe(0);
  start('late');
  await clock.advance(1_000);
  expect(passed.at(-1)).toBe('late at 2400');
});

test('there is one timer for all, and none once they are closed', async () => {
  const clock = manualClock();
  const deadlines = createDeadlines(clock, 1_000);
  let passed = 0;
  for (let at = 0; at < 3; at += 1) deadlines.start(() => (passed += 1));
  expect(clock.pending).toBe(1);
  deadlines.close();
  expect(clock.pending).toBe(0);
  await clock.advance(1_000);
  expect(passed).toBe(0);
});
