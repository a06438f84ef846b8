import type { DatabaseSync } from 'node:sqlite';
import { MillraceError } from '../../errors.ts';
import { immediately } from './transactions.ts';

/**
 * The version stands in a table of its own and not in `PRAGMA user_version`: the file is the user's database too, and
 * that number belongs to the migrations of its owner.
 */
const version = 1;

const tables = `
  CREATE TABLE millrace_schema (version INTEGER NOT NULL) STRICT;

  CREATE TABLE millrace_claims (
    key TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('in-progress', 'done', 'released')),
    owner TEXT NOT NULL,
    fence INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    fingerprint TEXT,
    lease_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX millrace_claims_by_expiry ON millrace_claims (expires_at);

  CREATE TABLE millrace_markers (
    key TEXT PRIMARY KEY,
    position TEXT NOT NULL,
    fence INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE millrace_dead_letters (
    id TEXT PRIMARY KEY,
    consumer TEXT NOT NULL,
    source TEXT NOT NULL,
    handler TEXT,
    type TEXT NOT NULL,
    reason TEXT NOT NULL,
    error_code TEXT,
    error_message TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    redrives INTEGER NOT NULL,
    died_at INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    letter TEXT NOT NULL
  ) STRICT;
  CREATE INDEX millrace_dead_letters_by_age ON millrace_dead_letters (died_at, id);

  CREATE TABLE millrace_owners (
    name TEXT PRIMARY KEY,
    owner TEXT,
    fence INTEGER NOT NULL,
    lease_until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  INSERT INTO millrace_schema VALUES (${version});
`;

/** Makes the tables where there are none, and refuses those of a newer version. */
export function prepareSchema(database: DatabaseSync, path: string): void {
  const found =
    schemaVersion(database) ?? immediately(database, () => schemaVersion(database) ?? create(database));
  if (found === version) return;
  throw new MillraceError(
    'STORE_CORRUPT',
    `The store in ${path} has schema version ${found}, this version of @millrace/core knows ${version}: ` +
      'use the version of @millrace/core that wrote it, or a newer one.',
  );
}

function schemaVersion(database: DatabaseSync): number | undefined {
  const table = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'millrace_schema'")
    .get();
  if (table === undefined) return undefined;
  return Number(database.prepare('SELECT version FROM millrace_schema').get()?.['version']);
}

function create(database: DatabaseSync): number {
  database.exec(tables);
  return version;
}
