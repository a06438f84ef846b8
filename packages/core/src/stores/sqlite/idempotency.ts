import type { Clock } from '../../clock.ts';
import type {
  Claim,
  ClaimVerdict,
  IdempotencyStore,
  TransactionalCompletion,
} from '../../ports/idempotency-store.ts';
import type { ClaimRecord } from '../claim-record.ts';
import { claimed, isDoneBy, refusal, wonVerdict } from '../claim-record.ts';
import { completeSql, readRecord, selectSql } from './claims-table.ts';
import type { Connection } from './connection.ts';
import { transactionalCompletion } from './transactional-completion.ts';
import { toInstant, toKey } from './values.ts';

/** Expired records that one claim purges at the most. Two of them keep the table from growing without bound. */
const purgedByClaim = 2;

/**
 * Leases run by the wall clock, which the processes of one machine share and which can be set. Set forward, leases
 * end early and claims are taken over; set back, those of a dead owner last longer. Neither lets two owners complete
 * the same claim: every write compares the fence.
 */
export function sqliteIdempotency(
  connection: Connection,
  clock: Clock,
  abandonedRetention: number,
): IdempotencyStore & { readonly transactions: TransactionalCompletion } {
  const { database } = connection;
  const select = database.prepare(selectSql);
  const complete = database.prepare(completeSql);
  const put = database.prepare(
    `INSERT OR REPLACE INTO millrace_claims
       (key, state, owner, fence, attempts, fingerprint, lease_until, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const extend = database.prepare(
    `UPDATE millrace_claims SET lease_until = ?, expires_at = ?
      WHERE key = ? AND owner = ? AND fence = ? AND state = 'in-progress'`,
  );
  const release = database.prepare(
    `UPDATE millrace_claims SET state = 'released', attempts = attempts - ?, expires_at = ?
      WHERE key = ? AND owner = ? AND fence = ? AND state = 'in-progress'`,
  );
  const purge = database.prepare(
    `DELETE FROM millrace_claims WHERE key IN
       (SELECT key FROM millrace_claims WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  );

  const find = (key: string): ClaimRecord | undefined => readRecord(select.get(toKey(key)));

  function store(key: string, record: ClaimRecord): void {
    const { state, owner, fence, attempts, fingerprint = null, leaseUntil, expiresAt } = record;
    put.run(
      toKey(key),
      state,
      owner,
      fence,
      attempts,
      fingerprint,
      toInstant(leaseUntil),
      toInstant(expiresAt),
    );
  }

  const identity = ({ key, owner, fence }: Claim) => [toKey(key), owner, fence] as const;

  return {
    claimMany: (requests, { owner, lease }) =>
      connection.write(() => {
        const now = clock.now();
        const terms = { owner, lease, now, abandonedRetention };
        purge.run(now, purgedByClaim * requests.length);
        return requests.map((request): ClaimVerdict => {
          const previous = find(request.key);
          const refused = refusal(previous, request.fingerprint, now);
          if (refused !== undefined) return refused;
          const record = claimed(previous, request, terms);
          store(request.key, record);
          return wonVerdict(previous, record);
        });
      }),

    completeMany: (claims, { retention }) =>
      connection.write(() => {
        const expiresAt = toInstant(clock.now() + retention);
        return claims.map(
          (claim) =>
            complete.run(expiresAt, ...identity(claim)).changes === 1 || isDoneBy(find(claim.key), claim),
        );
      }),

    extendMany: (claims, { lease }) =>
      connection.write(() => {
        const leaseUntil = clock.now() + lease;
        const times = [toInstant(leaseUntil), toInstant(leaseUntil + abandonedRetention)] as const;
        return claims.map((claim) => extend.run(...times, ...identity(claim)).changes === 1);
      }),

    releaseMany: (releases) =>
      connection.write(() => {
        const expiresAt = toInstant(clock.now() + abandonedRetention);
        return releases.map(
          ({ counted, ...claim }) =>
            release.run(counted ? 0 : 1, expiresAt, ...identity(claim)).changes === 1,
        );
      }),

    transactions: transactionalCompletion(connection, clock, find),
  };
}
