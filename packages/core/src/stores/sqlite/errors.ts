import { MillraceError } from '../../errors.ts';

/** Primary result codes: https://www.sqlite.org/rescode.html */
const resultCodes = { error: 1, busy: 5, corrupt: 11, notADatabase: 26 };

/** Another connection holds the lock that was needed. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === resultCodes.busy;
}

/** The statement makes no sense here: a BEGIN inside of a transaction, a table that is not there. */
export function isRefusedStatement(error: unknown): boolean {
  return resultCode(error) === resultCodes.error;
}

/** What SQLite or Node says about a database file, as an error that says what to do. */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE') {
    return unavailable(`The SQLite store ${path} is closed.`, error);
  }
  const code = resultCode(error);
  switch (code) {
    case undefined:
      return error;
    case resultCodes.notADatabase:
      return corrupt(
        `${path} is not a SQLite database: name another file, or restore this one from a backup.`,
        error,
      );
    case resultCodes.corrupt:
      return corrupt(
        `The database ${path} is damaged: stop its users, and recover it or restore a backup.`,
        error,
      );
    case resultCodes.error:
      return corrupt(
        `The tables of the store in ${path} are not as the store made them (${text(error)}).`,
        error,
      );
    case resultCodes.busy:
      return unavailable(
        `The database ${path} stayed locked: look for a transaction that somebody keeps open, or raise busyTimeout.`,
        error,
      );
    default:
      return unavailable(
        `The database ${path} can't be used (${text(error)}): check directory, permissions and free space.`,
        error,
      );
  }
}

/** The primary code, without what extended codes add in the higher bits; undefined for what SQLite did not throw. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return undefined;
  return error.errcode & 0xff;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unavailable(message: string, cause: unknown): MillraceError {
  return new MillraceError('STORE_UNAVAILABLE', message, { cause });
}

function corrupt(message: string, cause: unknown): MillraceError {
  return new MillraceError('STORE_CORRUPT', message, { cause });
}
