import type { DatabaseSync } from 'node:sqlite';
import { isRefusedStatement } from './errors.ts';

/**
 * Runs `work` in a transaction that has the write lock from its start, so that what it reads still holds when it
 * writes. A throw undoes everything.
 */
export function immediately<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // After a full disk or an I/O error SQLite has rolled back by itself; the error that led here is the one to tell.
  }
}

/** Node 22.12 to 22.15 can't tell; there, a BEGIN that succeeds shows that no transaction was open. */
export function isInTransaction(database: DatabaseSync): boolean {
  const known: boolean | undefined = database.isTransaction;
  if (known !== undefined) return known;
  try {
    database.exec('BEGIN');
  } catch (error) {
    if (isRefusedStatement(error)) return true;
    throw error;
  }
  database.exec('ROLLBACK');
  return false;
}
