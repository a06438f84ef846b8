import type { Claim, ClaimRequest, IdempotencyStore } from '@millrace/core';
import type { Keys } from '../keys.ts';
import type { Records } from '../records/records.ts';
import type { Tally } from '../records/verdicts.ts';
import { verdictsOf } from '../stores/idempotency.ts';
import type { Pause } from '../stores/pause.ts';
import { retrySplits } from '../stores/pause.ts';
import type { Locks } from './locks.ts';

interface Terms {
  readonly owner: string;
  readonly lease: number;
}

/**
 * A lock for each run by Redlock, and a record on a majority behind it: the lock is gone after the lease, while the
 * record knows what is done, and has the fence that a lock lacks. Who the owner is, is decided by the record.
 */
export function redlockIdempotency(
  records: Records,
  locks: Locks,
  { lock: toLock }: Keys,
  pause: Pause,
): IdempotencyStore {
  /** Locks what is free, then claims what was locked. */
  async function claim(requests: readonly ClaimRequest[], terms: Terms): Promise<readonly Tally[]> {
    const tallies = [...(await records.look(requests, terms))];
    const lease = Math.max(1, Math.round(terms.lease));
    const asked = requests.flatMap((request, index) =>
      tallies[index]?.status === 'claimed' ? [{ request, index }] : [],
    );
    const answers = await Promise.all(asked.map(({ request }) => locks.acquire(toLock(request.key), lease)));

    const locked = asked.flatMap(({ request, index }, place) => {
      const lock = answers[place];
      if (lock === undefined || lock === 'taken') tallies[index] = { status: 'split' };
      else if (!('expiration' in lock)) tallies[index] = { status: 'unavailable', reasons: lock };
      else return [{ request, index, lock }];
      return [];
    });
    const claimed = await records.claim(
      locked.map(({ request }) => request),
      terms,
    );
    locked.forEach(({ request: { key }, index, lock }, place) => {
      const tally = claimed[place] ?? { status: 'split' };
      tallies[index] = tally;
      if (tally.status === 'claimed') locks.keep({ key, owner: terms.owner, fence: tally.fence }, lock);
      else void locks.giveBack(lock);
    });
    return tallies;
  }

  async function drop(claims: readonly Claim[], over: readonly boolean[]): Promise<void> {
    await Promise.all(claims.filter((_, index) => over[index]).map(locks.drop));
  }

  return {
    async claimMany(requests, terms) {
      return verdictsOf(await retrySplits(requests, (asked) => claim(asked, terms), pause));
    },
    async completeMany(claims, { retention }) {
      const done = await records.complete(claims, retention);
      void drop(claims, done);
      return done;
    },
    async extendMany(claims, { lease }) {
      const extended = await records.extend(claims, lease);
      const held = claims.filter((_, index) => extended[index]);
      await Promise.all(held.map((claimed) => locks.extend(claimed, Math.round(lease))));
      return extended;
    },
    async releaseMany(releases) {
      const released = await records.release(releases);
      await drop(releases, released);
      return released;
    },
  };
}
