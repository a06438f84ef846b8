import { wait } from '@millrace/core';
import { manualClock } from '@millrace/testing';
import { expect, test } from 'vitest';

test('time stands still until it is advanced, and both clocks move together', async () => {
  const clock = manualClock(5_000);
  expect([clock.now(), clock.monotonic()]).toEqual([5_000, 0]);
  await clock.advance(250);
  expect([clock.now(), clock.monotonic()]).toEqual([5_250, 250]);
});

test('timers fire in the order of their times, each at its time', async () => {
  const clock = manualClock();
  const fired: string[] = [];
  const at = (name: string) => () => fired.push(`${name} at ${clock.monotonic()}`);
  clock.setTimeout(at('late'), 30);
  clock.setTimeout(at('early'), 10);
  clock.setTimeout(at('early too'), 10);
  clock.setTimeout(at('beyond'), 31);
  await clock.advance(30);
  expect(fired).toEqual(['early at 10', 'early too at 10', 'late at 30']);
  expect(clock.pending).toBe(1);
});

test('a timer set by what another one started fires in the same advance', async () => {
  const clock = manualClock();
  const finished: number[] = [];
  void (async () => {
    await wait(clock, 10);
    for (let hop = 0; hop < 50; hop += 1) await Promise.resolve();
    await wait(clock, 10);
    finished.push(clock.monotonic());
  })();
  await clock.advance(100);
  expect(finished).toEqual([20]);
});

test('a cancelled timer does not fire, not even when the timer before it cancels it', async () => {
  const clock = manualClock();
  const fired: string[] = [];
  const cancel = clock.setTimeout(() => fired.push('second'), 10);
  clock.setTimeout(() => {
    fired.push('first');
    cancel();
  }, 5);
  await clock.advance(20);
  expect(fired).toEqual(['first']);
  expect(clock.pending).toBe(0);
});

test('a jump moves the wall clock alone', async () => {
  const clock = manualClock(1_000);
  const fired: number[] = [];
  clock.setTimeout(() => fired.push(clock.monotonic()), 10);
  clock.jump(-600);
  expect([clock.now(), clock.monotonic()]).toEqual([400, 0]);
  await clock.advance(10);
  expect([clock.now(), ...fired]).toEqual([410, 10]);
});
