import type { IdempotencyStore } from '@millrace/core';

import type { Guard } from './guard.ts';
import { lease } from './guard.ts';

const owner = 'bench-1';
/** Milliseconds that "done" is remembered: core's default. */
const retention = 7 * 24 * 3_600_000;

/** What core asks of a store for a batch: one claim before the handlers, one completion after them. */
export function storeGuard(store: IdempotencyStore, close: () => Promise<void>): Guard {
  return {
    close,
    async handle(batch, handler) {
      const requests = batch.map(({ key }) => ({ key }));
      const verdicts = await store.claimMany(requests, { owner, lease });
      const won = batch.flatMap((message, index) => {
        const verdict = verdicts[index];
        if (verdict?.status !== 'claimed') return [];
        return [{ message, claim: { key: message.key, owner, fence: verdict.fence } }];
      });
      await Promise.all(won.map(({ message }) => handler(message)));
      const claims = won.map(({ claim }) => claim);
      const done = await store.completeMany(claims, { retention });
      return won.flatMap(({ message }, index) => (done[index] ? [message] : []));
    },
  };
}
