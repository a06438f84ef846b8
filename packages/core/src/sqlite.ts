export type { SqliteStore, SqliteStoreOptions } from './stores/sqlite/sqlite-store.ts';
export { sqliteStore } from './stores/sqlite/sqlite-store.ts';
