import type { Claim, ClaimRequest, ClaimVerdict } from '../ports/idempotency-store.ts';

/** What a store keeps for one key. Times are milliseconds of the store's own clock. */
export interface ClaimRecord {
  readonly state: 'in-progress' | 'done' | 'released';
  readonly owner: string;
  readonly fence: number;
  readonly attempts: number;
  readonly fingerprint: string | undefined;
  readonly leaseUntil: number;
  /** From then on the key counts as absent. */
  readonly expiresAt: number;
}

/**
 * How long a key that never got done is remembered after its lease ran out or it was released: its fence and its
 * attempts must outlive the longest time a message can wait at a broker. Amazon SQS keeps one for up to 14 days
 * (SQS Developer Guide, "Message retention period"), the longest default among the brokers that count attempts.
 */
export const defaultAbandonedRetention = 14 * 24 * 3_600_000;

/** Why a key can't be claimed now; undefined when it can. */
export function refusal(
  record: ClaimRecord | undefined,
  fingerprint: string | undefined,
  now: number,
): ClaimVerdict | undefined {
  if (record === undefined || record.expiresAt <= now || record.state === 'released') return undefined;
  const known = record.fingerprint;
  if (fingerprint !== undefined && known !== undefined && fingerprint !== known)
    return { status: 'mismatch' };
  if (record.state === 'done') return { status: 'done' };
  if (record.leaseUntil <= now) return undefined;
  return { status: 'busy', remaining: record.leaseUntil - now };
}

export interface ClaimTerms {
  readonly owner: string;
  readonly lease: number;
  readonly now: number;
  readonly abandonedRetention: number;
}

/** The record of a key that was claimed: fence and attempts go on from what is still known of it. */
export function claimed(
  previous: ClaimRecord | undefined,
  request: ClaimRequest,
  terms: ClaimTerms,
): ClaimRecord {
  const known = previous !== undefined && previous.expiresAt > terms.now ? previous : undefined;
  const leaseUntil = terms.now + terms.lease;
  return {
    state: 'in-progress',
    owner: terms.owner,
    fence: (known?.fence ?? 0) + 1,
    attempts: (known?.attempts ?? 0) + 1,
    fingerprint: request.fingerprint,
    leaseUntil,
    expiresAt: leaseUntil + terms.abandonedRetention,
  };
}

/** The answer to a claim that was won. */
export function wonVerdict(previous: ClaimRecord | undefined, record: ClaimRecord): ClaimVerdict {
  const takeover = previous?.state === 'in-progress' && record.fence > previous.fence;
  return { status: 'claimed', fence: record.fence, attempt: record.attempts, takeover };
}

/** An expired lease alone takes nothing away: the claim is its owner's until somebody takes it over. */
export function isHeldBy(record: ClaimRecord | undefined, claim: Claim): record is ClaimRecord {
  return record?.state === 'in-progress' && record.owner === claim.owner && record.fence === claim.fence;
}

export function isDoneBy(record: ClaimRecord | undefined, claim: Claim): boolean {
  return record?.state === 'done' && record.owner === claim.owner && record.fence === claim.fence;
}
