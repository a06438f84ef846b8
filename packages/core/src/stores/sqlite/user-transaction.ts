import type { DatabaseSync } from 'node:sqlite';
import { MillraceError } from '../../errors.ts';
import { storeError } from './errors.ts';
import { immediately, isInTransaction } from './transactions.ts';

/** Runs a user's work between BEGIN IMMEDIATE and COMMIT. What the work throws comes through as it is. */
export function userTransaction<T>(
  database: DatabaseSync,
  path: string,
  work: (database: DatabaseSync) => T,
): T {
  if (isAsyncFunction(work)) throw unsupported('its work is an async function, it has to be synchronous');
  if (isOpenTransaction(database, path))
    throw unsupported('it was called inside of another one, do all in one');
  let thrownByWork = false;
  try {
    return immediately(database, () => {
      thrownByWork = true;
      const result = work(database);
      if (isPromiseLike(result)) {
        // The rest of the work is still to come, outside of any transaction; its failure must not end the process.
        result.then(undefined, () => undefined);
        throw unsupported('its work returned a promise, it has to be synchronous');
      }
      if (!isInTransaction(database))
        throw unsupported('its work ended the transaction by itself, leave that to it');
      thrownByWork = false;
      return result;
    });
  } catch (error) {
    throw thrownByWork ? error : storeError(error, path);
  }
}

function isOpenTransaction(database: DatabaseSync, path: string): boolean {
  try {
    return isInTransaction(database);
  } catch (error) {
    throw storeError(error, path);
  }
}

function unsupported(reason: string): MillraceError {
  return new MillraceError(
    'TRANSACTION_UNSUPPORTED',
    `store.transaction() can't do that: ${reason}. Nothing was stored.`,
  );
}

function isAsyncFunction(work: unknown): boolean {
  return Object.prototype.toString.call(work) === '[object AsyncFunction]';
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
