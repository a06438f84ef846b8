import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { SqliteConnection } from '@millrace/core/sqlite';
import { openSqlite } from '@millrace/core/sqlite';
import { httpPubsubError } from '../errors.ts';
import type { RevocableReplayGuard } from '../wire/auth/replay-guard.ts';
import { proofDigest } from './proof-digest.ts';

export interface SqliteReplayGuardOptions {
  /** Of the database file, on a local disk; it is made when there is none. It may be that of other stores too. */
  readonly path: string;
  /**
   * Milliseconds to try for a lock that another process holds.
   * @default 5000
   */
  readonly busyTimeout?: number;
  /**
   * All processes on one file need the same.
   * @default the system's
   */
  readonly clock?: Clock;
}

export interface SqliteReplayGuard extends RevocableReplayGuard {
  /** Calls made later reject. Closing twice does nothing. */
  close(): void;
}

const schema = {
  table: 'millrace_proofs_schema',
  version: 1,
  owner: '@millrace/http-pubsub',
  tables: `
    CREATE TABLE millrace_proofs_schema (version INTEGER NOT NULL) STRICT;
    INSERT INTO millrace_proofs_schema VALUES (1);
    CREATE TABLE millrace_proofs (digest BLOB PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX millrace_proofs_by_end ON millrace_proofs (until);
  `,
};

/** Of those that are over, how many go with each new one. More than one, or they would pile up. */
const swept = 10;

/**
 * Proofs in a SQLite file, shared by the processes of one machine. It does not wait for the disk: a crash of the process
 * forgets nothing, while after a power cut proofs of the last moments may be taken again, for as long as they are fresh.
 * Throws PUBSUB_OPTIONS, STORE_UNAVAILABLE or STORE_CORRUPT.
 */
export function sqliteReplayGuard(options: SqliteReplayGuardOptions): SqliteReplayGuard {
  const { path, busyTimeout = 5_000, clock = systemClock } = options;
  if (typeof path !== 'string' || path === '' || path.startsWith('file:') || path === ':memory:') {
    throw httpPubsubError('PUBSUB_OPTIONS', '"path" has to be that of a file.');
  }
  const connection = openSqlite({ path, durability: 'normal', busyTimeout }, schema, clock);
  return { ...guardOn(connection, clock), close: () => connection.close() };
}

function guardOn({ database, read, write }: SqliteConnection, clock: Clock): RevocableReplayGuard {
  const sweep = database.prepare(
    `DELETE FROM millrace_proofs WHERE digest IN
       (SELECT digest FROM millrace_proofs WHERE until <= ? ORDER BY until LIMIT ${swept})`,
  );
  // One that is over, and was not swept yet, is as good as none.
  const insert = database.prepare(
    `INSERT INTO millrace_proofs VALUES (:digest, :until)
       ON CONFLICT (digest) DO UPDATE SET until = :until WHERE until <= :now`,
  );
  const find = database.prepare('SELECT 1 FROM millrace_proofs WHERE digest = ? AND until > ?');
  const remove = database.prepare('DELETE FROM millrace_proofs WHERE digest = ?');
  return {
    remember: (proof, milliseconds) =>
      write(() => {
        const now = Math.floor(clock.now());
        sweep.run(now);
        const until = now + Math.ceil(milliseconds);
        return insert.run({ digest: proofDigest(proof), until, now }).changes === 1;
      }),
    has: (proof) => read(() => find.get(proofDigest(proof), Math.floor(clock.now())) !== undefined),
    forget: (proof) => write(() => void remove.run(proofDigest(proof))),
  };
}
