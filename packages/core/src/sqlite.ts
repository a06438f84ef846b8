export type { SqliteStoreOptions } from './stores/sqlite/options.ts';
export type { SqliteStore } from './stores/sqlite/sqlite-store.ts';
export { sqliteStore } from './stores/sqlite/sqlite-store.ts';
