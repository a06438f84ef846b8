import { manualClock } from '@millrace/testing';
import { expect, test } from 'vitest';
import { createOutage } from '../../src/session/outage.ts';
import type { Recovery } from '../../src/session/recovery.ts';
import type { Setback } from '../../src/session/setback.ts';

const broken = (recovery: Recovery): Setback => ({ recovery, error: new Error('Broken.') });
const soon = broken({ action: 'back-off', pace: 'normal' });
const busy = broken({ action: 'back-off', pace: 'busy' });
const routine = broken({ action: 'handshake', everybody: false });

function outageOf(random = 1, connectionTimeout = Infinity) {
  const clock = manualClock();
  const timeouts: Setback[] = [];
  const outage = createOutage({
    context: { clock, random: () => random },
    connectionTimeout,
    onTimeout: (setback) => timeouts.push(setback),
  });
  return { clock, outage, timeouts };
}

test('waits twice as long each time, from a second to a minute', () => {
  const { outage } = outageOf();
  const delays = Array.from({ length: 8 }, () => outage.delayAfter(soon));
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test('waits from half a minute to five where the server is busy', () => {
  const { outage } = outageOf();
  expect(Array.from({ length: 5 }, () => outage.delayAfter(busy))).toEqual([
    30_000, 60_000, 120_000, 240_000, 300_000,
  ]);
});

test('draws from the whole of the time, but never next to nothing', () => {
  expect(outageOf(0.5).outage.delayAfter(busy)).toBe(15_000);
  expect(outageOf(0).outage.delayAfter(busy)).toBe(3_000);
});

test('waits as long as the server says', () => {
  const told = broken({ action: 'back-off', pace: 'normal', atLeast: 45_000 });
  expect(outageOf().outage.delayAfter(told)).toBe(45_000);
});

test('does not wait for what is routine, unless it comes again', () => {
  const { outage } = outageOf();
  expect(outage.delayAfter(routine)).toBe(0);
  outage.over();
  expect(outage.delayAfter(routine)).toBe(1_000);
  expect(outage.delayAfter(routine)).toBe(2_000);
});

test('spreads those who are sent away together', () => {
  const { outage } = outageOf(0.7);
  expect(outage.delayAfter(broken({ action: 'handshake', everybody: true }))).toBe(700);
});

test('begins anew after a connection that held', async () => {
  const { outage, clock } = outageOf();
  outage.delayAfter(soon);
  outage.delayAfter(soon);
  outage.over();
  expect(outage.delayAfter(soon)).toBe(4_000);
  await clock.advance(10_000);
  outage.over();
  expect(outage.delayAfter(soon)).toBe(1_000);
});

test('tells when there was no connection for too long', async () => {
  const { outage, clock, timeouts } = outageOf(1, 30_000);
  outage.delayAfter(soon);
  await clock.advance(29_000);
  outage.delayAfter(soon);
  expect(timeouts).toEqual([]);
  await clock.advance(1_000);
  expect(timeouts).toMatchObject([
    { recovery: { action: 'give-up' }, error: { code: 'SALESFORCE_CONNECTION_LOST' } },
  ]);
});

test('a connect in time puts the deadline off', async () => {
  const { outage, clock, timeouts } = outageOf(1, 30_000);
  outage.delayAfter(soon);
  await clock.advance(29_000);
  outage.over();
  await clock.advance(100_000);
  outage.delayAfter(soon);
  outage.close();
  await clock.advance(100_000);
  expect(timeouts).toEqual([]);
});
