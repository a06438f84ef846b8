import type { DeadLetter } from './ports/dead-letter-store.ts';

/**
 * The idempotency key under which an event that was given up on runs again. Under the original one it is done, so that
 * duplicates of it stay suppressed.
 */
export function redriveKey(key: string, { diedAt }: DeadLetter): string {
  return `${key}#redrive-${diedAt}`;
}
