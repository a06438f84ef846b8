import type { IdempotencyStore } from '@millrace/core';

/** A store that first waits, for whatever, with each claim and each "done": tells waiting from what a store does. */
export function waitingStore(store: IdempotencyStore, wait: () => Promise<unknown>): IdempotencyStore {
  return {
    ...store,
    async claimMany(requests, options) {
      await wait();
      return store.claimMany(requests, options);
    },
    async completeMany(claims, options) {
      await wait();
      return store.completeMany(claims, options);
    },
  };
}
