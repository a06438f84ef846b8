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

export const storeSchema: Schema = { table: 'millrace_schema', version, tables, owner: '@millrace/core' };

/** Tables that belong together, and the one that says of which version they are. */
export interface Schema {
  /** Its only row is made by `tables`, with the column `version`. */
  readonly table: string;
  readonly version: number;
  /** SQL that makes all of them. */
  readonly tables: string;
  /** The package that knows them. */
  readonly owner: string;
}

/** Makes the tables where there are none, and refuses those of another version. */
export function prepareSchema(database: DatabaseSync, path: string, schema: Schema): void {
  const versionOf = () => schemaVersion(database, schema.table);
  const found = versionOf() ?? immediately(database, () => versionOf() ?? create(database, schema));
  if (found === schema.version) return;
  throw new MillraceError(
    'STORE_CORRUPT',
    `The store in ${path} has schema version ${found}, this version of ${schema.owner} knows ${schema.version}: ` +
      `use the version of ${schema.owner} that wrote it, or a newer one.`,
  );
}

function schemaVersion(database: DatabaseSync, table: string): number | undefined {
  const found = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table);
  if (found === undefined) return undefined;
  return Number(database.prepare(`SELECT version FROM ${table}`).get()?.['version']);
}

function create(database: DatabaseSync, schema: Schema): number {
  database.exec(schema.tables);
  return schema.version;
}
