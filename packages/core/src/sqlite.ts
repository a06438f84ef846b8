export type { SqliteStoreOptions } from './stores/sqlite/options.ts';
export type { SqliteStore } from './stores/sqlite/sqlite-store.ts';
export { sqliteStore } from './stores/sqlite/sqlite-store.ts';

// For packages that keep tables of their own.
export type { SqliteConnection } from './stores/sqlite/open-sqlite.ts';
export { openSqlite } from './stores/sqlite/open-sqlite.ts';
export type { DatabaseSettings } from './stores/sqlite/open-database.ts';
export type { Schema } from './stores/sqlite/schema.ts';
