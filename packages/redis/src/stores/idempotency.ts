import type { ClaimRequest, ClaimVerdict, IdempotencyStore } from '@millrace/core';
import { unavailable } from '../errors.ts';
import { gather } from '../records/gather.ts';
import type { LeaseTerms, Records } from '../records/records.ts';
import type { Tally } from '../records/verdicts.ts';
import { brieflyBusy } from '../records/verdicts.ts';
import type { Pause } from './pause.ts';
import { retrySplits } from './pause.ts';

export function idempotencyBy(records: Records, pause: Pause): IdempotencyStore {
  const claim = gather(
    (requests: readonly ClaimRequest[], terms: LeaseTerms) => records.claim(requests, terms),
    (one, other) => one.owner === other.owner && one.lease === other.lease,
  );
  const complete = gather(records.complete, Object.is);
  const extend = gather(records.extend, Object.is);
  return {
    async claimMany(requests, terms) {
      return verdictsOf(await retrySplits(requests, (asked) => claim(asked, terms), pause));
    },
    completeMany: (claims, { retention }) => complete(claims, retention),
    extendMany: (claims, { lease }) => extend(claims, lease),
    releaseMany: (releases) => records.release(releases),
  };
}

/** Rejects with STORE_UNAVAILABLE when there is no key of which anything is known. */
export function verdictsOf(tallies: readonly Tally[]): readonly ClaimVerdict[] {
  const unanswered = tallies.flatMap((tally) => (tally.status === 'unavailable' ? [tally.reasons] : []));
  if (unanswered.length > 0 && unanswered.length === tallies.length) throw unavailable(unanswered.flat());
  return tallies.map((tally): ClaimVerdict => {
    switch (tally.status) {
      case 'claimed': {
        const { fence, attempt, takeover } = tally;
        return { status: 'claimed', fence, attempt, takeover };
      }
      case 'split':
        return { status: 'busy', remaining: brieflyBusy };
      case 'unavailable':
        return { status: 'unavailable' };
      default:
        return tally;
    }
  });
}
