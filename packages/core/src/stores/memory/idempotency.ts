import type { Clock } from '../../clock.ts';
import type { Claim, ClaimVerdict, IdempotencyStore } from '../../ports/idempotency-store.ts';
import type { ClaimRecord } from '../claim-record.ts';
import { claimed, isDoneBy, isHeldBy, refusal, wonVerdict } from '../claim-record.ts';

/** Steps of the sweep for each claim. Two of them keep the map below twice the records that are still wanted. */
const sweepSteps = 2;

/** Time is monotonic: nobody else sees these leases, so a clock that is set can't end or prolong them. */
export function memoryIdempotency(
  clock: Clock,
  abandonedRetention: number,
  records = new Map<string, ClaimRecord>(),
): IdempotencyStore {
  let hand = records.entries();

  /** Drops what has expired, a few records at a time, going round and round the map: no timer is needed. */
  function sweep(now: number, steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      const next = hand.next();
      if (next.done === true) {
        hand = records.entries();
        return;
      }
      const [key, record] = next.value;
      if (record.expiresAt <= now) records.delete(key);
    }
  }

  function updateHeld(claim: Claim, changes: Partial<ClaimRecord>): boolean {
    const record = records.get(claim.key);
    if (!isHeldBy(record, claim)) return false;
    records.set(claim.key, { ...record, ...changes });
    return true;
  }

  return {
    async claimMany(requests, { owner, lease }) {
      const now = clock.monotonic();
      const terms = { owner, lease, now, abandonedRetention };
      sweep(now, sweepSteps * requests.length);
      return requests.map((request): ClaimVerdict => {
        const previous = records.get(request.key);
        const refused = refusal(previous, request.fingerprint, now);
        if (refused !== undefined) return refused;
        const record = claimed(previous, request, terms);
        records.set(request.key, record);
        return wonVerdict(previous, record);
      });
    },

    async completeMany(claims, { retention }) {
      const expiresAt = clock.monotonic() + retention;
      return claims.map(
        (claim) => updateHeld(claim, { state: 'done', expiresAt }) || isDoneBy(records.get(claim.key), claim),
      );
    },

    async extendMany(claims, { lease }) {
      const leaseUntil = clock.monotonic() + lease;
      const expiresAt = leaseUntil + abandonedRetention;
      return claims.map((claim) => updateHeld(claim, { leaseUntil, expiresAt }));
    },

    async releaseMany(releases) {
      const expiresAt = clock.monotonic() + abandonedRetention;
      return releases.map(({ counted, ...claim }) => {
        const attempts = (records.get(claim.key)?.attempts ?? 0) - (counted ? 0 : 1);
        return updateHeld(claim, { state: 'released', attempts, expiresAt });
      });
    },
  };
}
