import type { Clock } from '../../clock.ts';
import type { Ownership, OwnershipLease } from '../../ports/ownership.ts';

interface Tenure {
  /** Undefined after a release. */
  readonly owner: string | undefined;
  readonly fence: number;
  readonly leaseUntil: number;
}

/** Names are few, and one that was released keeps its fence, so nothing is ever forgotten. */
export function memoryOwnership(clock: Clock): Ownership {
  const tenures = new Map<string, Tenure>();

  function isCurrent({ name, owner, fence }: OwnershipLease): boolean {
    const tenure = tenures.get(name);
    return tenure !== undefined && tenure.owner === owner && tenure.fence === fence;
  }

  return {
    async acquire(name, { owner, lease }) {
      const now = clock.monotonic();
      const tenure = tenures.get(name);
      if (tenure !== undefined && tenure.leaseUntil > now && tenure.owner !== owner) return undefined;
      const fence = (tenure?.fence ?? 0) + 1;
      tenures.set(name, { owner, fence, leaseUntil: now + lease });
      return { name, owner, fence };
    },

    async extend(held, { lease }) {
      if (!isCurrent(held)) return false;
      tenures.set(held.name, { owner: held.owner, fence: held.fence, leaseUntil: clock.monotonic() + lease });
      return true;
    },

    async release(held) {
      if (!isCurrent(held)) return;
      tenures.set(held.name, { owner: undefined, fence: held.fence, leaseUntil: -Infinity });
    },
  };
}
