import type * as NodeSqlite from 'node:sqlite';
import { MillraceError } from '../../errors.ts';

/** `node:sqlite`, or an error that says how to get it: Node 22.12 has it behind a flag only. */
export function nodeSqlite(): typeof NodeSqlite {
  const sqlite = process.getBuiltinModule('node:sqlite');
  if (sqlite === undefined) {
    throw new MillraceError(
      'STORE_UNAVAILABLE',
      `Node ${process.version} offers node:sqlite only with the flag --experimental-sqlite: pass it, or use Node 22.13 or newer.`,
    );
  }
  return sqlite;
}
