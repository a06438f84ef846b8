import type { Clock } from '../../clock.ts';
import type { Ownership } from '../../ports/ownership.ts';
import type { Connection } from './connection.ts';
import { toInstant, toKey } from './values.ts';

/** Leases run by the wall clock, as those of claims do. A released name keeps its fence. */
export function sqliteOwnership(connection: Connection, clock: Clock): Ownership {
  const { database } = connection;
  const acquire = database.prepare(
    `INSERT INTO millrace_owners (name, owner, fence, lease_until) VALUES (:name, :owner, 1, :leaseUntil)
       ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, fence = fence + 1, lease_until = excluded.lease_until
       WHERE lease_until <= :now OR millrace_owners.owner = excluded.owner
       RETURNING fence`,
  );
  const extend = database.prepare(
    'UPDATE millrace_owners SET lease_until = ? WHERE name = ? AND owner = ? AND fence = ?',
  );
  const release = database.prepare(
    'UPDATE millrace_owners SET owner = NULL, lease_until = 0 WHERE name = ? AND owner = ? AND fence = ?',
  );
  return {
    acquire: (name, { owner, lease }) =>
      connection.write(() => {
        const now = clock.now();
        const row = acquire.get({ name: toKey(name), owner, leaseUntil: toInstant(now + lease), now });
        return row && { name, owner, fence: Number(row['fence']) };
      }),
    extend: ({ name, owner, fence }, { lease }) =>
      connection.write(
        () => extend.run(toInstant(clock.now() + lease), toKey(name), owner, fence).changes === 1,
      ),
    release: ({ name, owner, fence }) =>
      connection.write(() => {
        release.run(toKey(name), owner, fence);
      }),
  };
}
