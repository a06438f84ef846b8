import type { Ownership } from '@millrace/core';
import type { Records } from '../records/records.ts';
import { verdictsOf } from './idempotency.ts';
import type { Pause } from './pause.ts';
import { retrySplits } from './pause.ts';

/** An ownership is a record that never gets done, and is never forgotten: markers keep the fences it gave. */
export function ownershipBy(records: Records, pause: Pause): Ownership {
  return {
    async acquire(name, { owner, lease }) {
      const claim = (names: readonly { readonly key: string }[]) => records.claim(names, { owner, lease });
      const [verdict] = verdictsOf(await retrySplits([{ key: name }], claim, pause));
      return verdict?.status === 'claimed' ? { name, owner, fence: verdict.fence } : undefined;
    },
    async extend({ name, owner, fence }, { lease }) {
      const [held] = await records.extend([{ key: name, owner, fence }], lease);
      return held === true;
    },
    async release({ name, owner, fence }) {
      await records.release([{ key: name, owner, fence, counted: false }]);
    },
  };
}
