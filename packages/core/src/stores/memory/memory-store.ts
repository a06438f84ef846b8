import type { Clock } from '../../clock.ts';
import { systemClock } from '../../clock.ts';
import type { Store } from '../../ports/store.ts';
import { defaultAbandonedRetention } from '../claim-record.ts';
import { memoryDeadLetters } from './dead-letters.ts';
import { memoryIdempotency } from './idempotency.ts';
import { memoryOwnership } from './ownership.ts';
import { memoryReplay } from './replay.ts';

export interface MemoryStoreOptions {
  /**
   * Where the time of leases and retentions comes from.
   * @default the system's
   */
  readonly clock?: Clock;
  /**
   * How long a key that never got done is remembered, with its fence and attempts, after its lease ran out or it
   * was released, in milliseconds. Make it longer than the broker keeps a message.
   * @default 1_209_600_000 (14 days)
   */
  readonly abandonedRetention?: number;
}

/**
 * A store in the memory of this process: for tests, and for sources where running an event again after a restart
 * does no harm. Nothing of it survives the process, dead letters included, and no other process sees it.
 * Done records take memory until their retention ends.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const { clock = systemClock, abandonedRetention = defaultAbandonedRetention } = options;
  return {
    idempotency: memoryIdempotency(clock, abandonedRetention),
    replay: memoryReplay(),
    deadLetters: memoryDeadLetters(),
    ownership: memoryOwnership(clock),
  };
}
