import { openSqlite } from '@millrace/core/sqlite';
import { sqliteReplayGuard } from '../../../guards/sqlite-replay-guard.ts';
import type { BroadcasterStore } from '../../ports/broadcaster-store.ts';
import { sqliteDeliveries } from './deliveries.ts';
import { sqliteMessages } from './messages.ts';
import type { SqliteBroadcasterStoreOptions } from './options.ts';
import { readOptions } from './options.ts';
import { sqliteReplayLog } from './replay-log.ts';
import { broadcasterSchema } from './schema.ts';
import { sqliteSubscriptions } from './subscriptions.ts';
import { sqliteUndelivered } from './undelivered.ts';

/**
 * All in one SQLite file, for one or several broadcasters of one machine; it may be the file of other stores too. SQLite works
 * synchronously: each write keeps the event loop for as long as the disk takes to sync it.
 *
 * Throws PUBSUB_OPTIONS; STORE_CORRUPT when the file is no database, is damaged, or was written by a newer version; and
 * STORE_UNAVAILABLE when it can't be opened. Calls reject with the latter two: for a full or read-only disk, with
 * STORE_UNAVAILABLE.
 */
export function sqliteBroadcasterStore(given: string | SqliteBroadcasterStoreOptions): BroadcasterStore {
  const options = readOptions(given);
  const { path, busyTimeout, clock } = options;
  const connection = openSqlite(options, broadcasterSchema, clock);
  try {
    const messages = sqliteMessages(connection, clock);
    const guard = sqliteReplayGuard({ path, busyTimeout, clock });
    return {
      subscriptions: sqliteSubscriptions(connection, options),
      deliveries: sqliteDeliveries(connection, messages, options),
      undelivered: sqliteUndelivered(connection, messages, clock),
      log: sqliteReplayLog(connection, messages, clock),
      replayGuard: guard,
      async close() {
        guard.close();
        connection.close();
      },
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}
