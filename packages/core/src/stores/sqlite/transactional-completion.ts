import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import { MillraceError } from '../../errors.ts';
import type { TransactionalCompletion } from '../../ports/idempotency-store.ts';
import type { ClaimRecord } from '../claim-record.ts';
import { isDoneBy } from '../claim-record.ts';
import { completeSql } from './claims-table.ts';
import type { Connection } from './connection.ts';
import { isBusy, storeError } from './errors.ts';
import { nodeSqlite } from './node-sqlite.ts';
import { mainFile } from './open-database.ts';
import { isInTransaction } from './transactions.ts';
import { toInstant, toKey } from './values.ts';

/** "Done" and the user's effect commit together: after a crash there are both or neither. */
export function transactionalCompletion(
  connection: Connection,
  clock: Clock,
  find: (key: string) => ClaimRecord | undefined,
): TransactionalCompletion {
  const { path } = connection;
  const file = mainFile(connection.database);

  return {
    complete(transaction, claim, { retention }) {
      const database = requireTransaction(transaction, file, path);
      const expiresAt = toInstant(clock.now() + retention);
      let changes: number | bigint;
      try {
        ({ changes } = database
          .prepare(completeSql)
          .run(expiresAt, toKey(claim.key), claim.owner, claim.fence));
      } catch (error) {
        throw isBusy(error) ? lockMissed(path, error) : storeError(error, path);
      }
      if (Number(changes) === 1) return;
      throw new MillraceError(
        'LEASE_LOST',
        `The claim on ${JSON.stringify(claim.key)} with fence ${claim.fence} is no longer in progress here: ` +
          'it was taken over, released or completed. Roll the transaction back, or its effect happens twice.',
      );
    },

    areDone: (claims) => connection.read(() => claims.map((claim) => isDoneBy(find(claim.key), claim))),
  };
}

function requireTransaction(transaction: unknown, file: string, path: string): DatabaseSync {
  const { DatabaseSync } = nodeSqlite();
  if (!(transaction instanceof DatabaseSync)) {
    throw unsupported('what was given is not a DatabaseSync connection of node:sqlite', path);
  }
  let other: string;
  try {
    other = mainFile(transaction);
  } catch {
    throw unsupported('the connection is closed', path);
  }
  // Attached databases won't do: with a write-ahead log, SQLite commits each file of a transaction by itself.
  if (other !== file)
    throw unsupported(`the main database of the connection is ${other || 'in memory'}`, path);
  if (!isInTransaction(transaction)) throw unsupported('the connection is not in a transaction', path);
  return transaction;
}

function lockMissed(path: string, cause: unknown): MillraceError {
  return new MillraceError(
    'STORE_UNAVAILABLE',
    `complete() can't get the write lock of ${path}: begin the transaction with BEGIN IMMEDIATE, so that it has the ` +
      'lock from its start, and set busy_timeout on the connection, so that it waits for it.',
    { cause },
  );
}

function unsupported(reason: string, path: string): MillraceError {
  return new MillraceError(
    'TRANSACTION_UNSUPPORTED',
    `complete() can't write in that transaction: ${reason}. Use store.transaction((database) => …), or a DatabaseSync ` +
      `connection opened on ${path} after its BEGIN IMMEDIATE and before its COMMIT.`,
  );
}
