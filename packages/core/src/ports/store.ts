import type { DeadLetterStore } from './dead-letter-store.ts';
import type { IdempotencyStore } from './idempotency-store.ts';
import type { Ownership } from './ownership.ts';
import type { ReplayStorage } from './replay-storage.ts';

/** What a backend gives. Each part can be replaced by another backend's. */
export interface Store {
  readonly idempotency: IdempotencyStore;
  readonly replay: ReplayStorage;
  readonly deadLetters: DeadLetterStore;
  readonly ownership: Ownership;
}
