import type { SQLOutputValue } from 'node:sqlite';
import type { ClaimRecord } from '../claim-record.ts';

export const selectSql = 'SELECT * FROM millrace_claims WHERE key = ?';

/** Changes one row, or none when the claim is no longer in progress by this owner with this fence. */
export const completeSql = `UPDATE millrace_claims SET state = 'done', expires_at = ?
  WHERE key = ? AND owner = ? AND fence = ? AND state = 'in-progress'`;

interface ClaimRow {
  readonly state: ClaimRecord['state'];
  readonly owner: string;
  readonly fence: number;
  readonly attempts: number;
  readonly fingerprint: string | null;
  readonly lease_until: number;
  readonly expires_at: number;
}

export function readRecord(row: Record<string, SQLOutputValue> | undefined): ClaimRecord | undefined {
  if (row === undefined) return undefined;
  // The table is STRICT, so the columns hold what they were declared with.
  const { state, owner, fence, attempts, fingerprint, lease_until, expires_at } = row as unknown as ClaimRow;
  return {
    state,
    owner,
    fence,
    attempts,
    fingerprint: fingerprint ?? undefined,
    leaseUntil: lease_until,
    expiresAt: expires_at,
  };
}
