import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';

import { unlessAborted, wait, whenAborted } from '../../src/clock.ts';
import { within } from '../../src/within.ts';
import { manualClock } from '../support/manual-clock.ts';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('wait', () => {
  test('lasts as long as it should, and leaves no listener', async () => {
    const clock = manualClock();
    const { signal } = new AbortController();
    let over = false;
    void wait(clock, 100, signal).then(() => (over = true));
    await clock.advance(99);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(over).toBe(true);
    expect(listeners(signal)).toBe(0);
  });

  test('ends when the signal aborts, and leaves no timer', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const waiting = wait(clock, 100, controller.signal);
    controller.abort();
    await waiting;
    expect(clock.pending).toBe(0);
    await wait(clock, 100, controller.signal);
    expect(clock.pending).toBe(0);
  });
});

test('whenAborted resolves when the signal aborts, or has', async () => {
  const controller = new AbortController();
  const aborted = whenAborted(controller.signal).then(() => 'aborted');
  expect(await Promise.race([aborted, manualClock().advance(0)])).toBeUndefined();
  controller.abort();
  expect(await aborted).toBe('aborted');
  expect(await whenAborted(controller.signal)).toBeUndefined();
});

describe('unlessAborted', () => {
  test('gives what the work gives, and leaves no listener', async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve(7), signal)).toBe(7);
    await expect(unlessAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    expect(listeners(signal)).toBe(0);
  });

  test('gives nothing once the signal has aborted, however the work ends', async () => {
    const controller = new AbortController();
    const hanging = unlessAborted(new Promise<number>(() => {}), controller.signal);
    controller.abort();
    expect(await hanging).toBeUndefined();
    expect(await unlessAborted(Promise.resolve(7), controller.signal)).toBeUndefined();
    expect(await unlessAborted(Promise.reject(new Error('too late')), controller.signal)).toBeUndefined();
  });
});

describe('within', () => {
  const unexpected = (error: unknown) => expect.unreachable(String(error));

  test('waits for the work, and leaves no timer', async () => {
    const clock = manualClock();
    await within(clock, 100, async () => {}, unexpected);
    expect(clock.pending).toBe(0);
  });

  test('waits no longer than it should', async () => {
    const clock = manualClock();
    let over = false;
    const waiting = within(clock, 100, () => new Promise(() => {}), unexpected).then(() => (over = true));
    await clock.advance(99);
    expect(over).toBe(false);
    await clock.advance(1);
    await waiting;
    expect(clock.pending).toBe(0);
  });

  test('reports what goes wrong, at once or later, and does not pass it on', async () => {
    const clock = manualClock();
    const errors: unknown[] = [];
    const failed = (error: unknown) => void errors.push(error);
    await within(clock, 100, () => Promise.reject(new Error('later')), failed);
    await within(
      clock,
      100,
      () => {
        throw new Error('at once');
      },
      failed,
    );
    expect(errors).toMatchObject([{ message: 'later' }, { message: 'at once' }]);
    expect(clock.pending).toBe(0);
  });
});
