import { describe, expect, test } from 'vitest';

import type { RetryOptions } from '../src/retry.ts';
import { createRetryPolicy } from '../src/retry-policy.ts';
import type { Capabilities } from '../src/source.ts';
import { logCapabilities, queueCapabilities } from './support/capabilities.ts';
import { refusal } from './support/refusal.ts';

const counted = { random: () => 1, countsAttempts: true };
const uncounted = { random: () => 1, countsAttempts: false };

const policy = (options: RetryOptions, capabilities: Partial<Capabilities> = {}, random = () => 1) =>
  createRetryPolicy(options, { ...queueCapabilities, ...capabilities }, { random, countsAttempts: true });

describe('the delay', () => {
  const bounds = (options: RetryOptions, count: number) => {
    const { delayAfter } = policy(options);
    return Array.from({ length: count }, (_, index) => delayAfter(index + 1));
  };

  test('is bounded by the defaults: from 1 s, doubled each time, up to 60 s', () => {
    expect(bounds({}, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  test.each([
    [{ delay: 100, factor: 3, maxDelay: 5_000 }, [100, 300, 900, 2_700, 5_000, 5_000]],
    [{ delay: 50, factor: 1 }, [50, 50, 50]],
    [{ delay: 10, factor: 1.5 }, [10, 15, 22.5, 33.75]],
    [{ delay: 0 }, [0, 0, 0]],
    [{ delay: 9_000, maxDelay: 1_000 }, [1_000, 1_000]],
    [{ maxDelay: 0 }, [0, 0]],
  ])('is bounded by %o', (options, expected) => expect(bounds(options, expected.length)).toEqual(expected));

  test('is drawn evenly between 0 and its bound', () => {
    const draws = [0, 0.25, 0.5, 0.999];
    const { delayAfter } = policy({ delay: 1_000, factor: 2 }, {}, () => draws.shift() ?? Number.NaN);
    expect([1, 2, 3, 1].map(delayAfter)).toEqual([0, 500, 2_000, 999]);
  });

  test('stays a number when the factor has grown beyond all numbers', () => {
    expect(policy({ attempts: 5_000, delay: 0 }).delayAfter(4_000)).toBe(0);
    expect(policy({ attempts: 5_000, delay: 1 }).delayAfter(4_000)).toBe(60_000);
  });
});

describe('all delays together', () => {
  test.each([
    [{}, 1_000 + 2_000 + 4_000 + 8_000],
    [{ attempts: 1 }, 0],
    [{ attempts: 2 }, 1_000],
    [{ attempts: 9 }, 63_000 + 2 * 60_000],
    [{ attempts: 4, delay: 10, factor: 3, maxDelay: 50 }, 10 + 30 + 50],
    [{ attempts: 4, delay: 10, factor: 1 }, 30],
    [{ attempts: 1_000_000_000, delay: 0 }, 0],
    [{ attempts: 1_000_000_000, factor: 1 }, 999_999_999_000],
    [{ attempts: 1_000_000_000 }, 63_000 + (999_999_999 - 6) * 60_000],
  ])('of %o take %d ms at most', (options, longest) => expect(policy(options).longest).toBe(longest));
});

describe('which errors are retried', () => {
  test('all of them, when nobody says otherwise', () => {
    expect(policy({}).retryable(new Error('any'))).toBe(true);
  });

  test('those that `retryable` says', () => {
    const { retryable } = policy({ retryable: (error) => error === 'worth it' });
    expect([retryable('worth it'), retryable('not')]).toEqual([true, false]);
  });

  test('those that `retryable` fails on, so that no event is given up on by mistake', () => {
    const { retryable } = policy({
      retryable: (error) =>
        (error as { readonly response: { readonly status: number } }).response.status >= 500,
    });
    expect(retryable(new Error('without a response'))).toBe(true);
  });
});

describe('where it waits', () => {
  test.each([
    { redelivery: 'delayed', deliveryCount: 'native', store: false, where: 'broker' },
    { redelivery: 'delayed', deliveryCount: 'none', store: true, where: 'broker' },
    { redelivery: 'delayed', deliveryCount: 'none', store: false, where: 'in-place' },
    { redelivery: 'immediate', deliveryCount: 'native', store: true, where: 'in-place' },
    { redelivery: 'none', deliveryCount: 'none', store: true, where: 'in-place' },
  ] as const)(
    '$redelivery redelivery, $deliveryCount counts, store $store: $where',
    ({ redelivery, deliveryCount, store, where }) => {
      const capabilities = { ...queueCapabilities, redelivery, deliveryCount };
      expect(createRetryPolicy({}, capabilities, store ? counted : uncounted).where).toBe(where);
    },
  );

  test('is the user’s to say', () => {
    expect(policy({ where: 'in-place' }).where).toBe('in-place');
    expect(policy({ where: 'broker' }).where).toBe('broker');
  });

  test('at a broker that never delivers again, it can’t be', () => {
    const refused = refusal(
      'CAPABILITY_MISSING',
      /needs a broker that delivers again after a delay.*"in-place"/,
    );
    expect(() => createRetryPolicy({ where: 'broker' }, logCapabilities, counted)).toThrow(refused);
    expect(() => createRetryPolicy({ where: 'broker', delay: 0 }, logCapabilities, counted)).toThrow(refused);
    expect(() => createRetryPolicy({ where: 'broker', attempts: 1 }, logCapabilities, counted)).toThrow(
      refused,
    );
  });

  test('at a broker that delivers again at once, only without a delay', () => {
    const refused = refusal('CAPABILITY_MISSING', /delivers again after a delay/);
    expect(() => policy({ where: 'broker' }, { redelivery: 'immediate' })).toThrow(refused);
    expect(policy({ where: 'broker', delay: 0 }, { redelivery: 'immediate' }).where).toBe('broker');
    expect(policy({ where: 'broker', attempts: 1 }, { redelivery: 'immediate' }).where).toBe('broker');
  });

  test('at a broker where nobody counts attempts, it can’t be', () => {
    const uncounting = { ...queueCapabilities, deliveryCount: 'none' } as const;
    expect(() => createRetryPolicy({ where: 'broker' }, uncounting, uncounted)).toThrow(
      refusal(
        'CAPABILITY_MISSING',
        /needs somebody who counts attempts.*idempotency store, or use "in-place"/,
      ),
    );
    expect(createRetryPolicy({ where: 'broker' }, uncounting, counted).where).toBe('broker');
  });

  test('a delay that the broker does not take is refused', () => {
    const schedule = { attempts: 4, delay: 1_000, factor: 10 };
    expect(() => policy({ ...schedule, maxDelay: 1_000_000 }, { maxRetryDelay: 99_999 })).toThrow(
      refusal(
        'RETRY_EXCEEDS_LEASE',
        /has a delay of 100000 ms, and the broker takes 99999 ms at most. Lower "maxDelay"/,
      ),
    );
    expect(policy({ ...schedule, maxDelay: 99_999 }, { maxRetryDelay: 99_999 }).where).toBe('broker');
    expect(policy({ attempts: 1, delay: 100_000, maxDelay: 100_000 }, { maxRetryDelay: 99_999 }).where).toBe(
      'broker',
    );
    expect(
      policy({ ...schedule, maxDelay: 1_000_000, where: 'in-place' }, { maxRetryDelay: 99_999 }).where,
    ).toBe('in-place');
  });
});

test('5 attempts are made, when nobody says otherwise', () => {
  expect([policy({}).attempts, policy({ attempts: 2 }).attempts]).toEqual([5, 2]);
});
