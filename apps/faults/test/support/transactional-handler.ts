import { setTimeout } from 'node:timers/promises';
import type { HandlerContext, Message } from '@millrace/core';
import type { SqliteStore } from '@millrace/core/sqlite';

/** Handles an event by a row in the ledger, in one transaction with "done". */
export function recordEffects(store: SqliteStore, worker: string) {
  const insert = store.database.prepare('INSERT INTO effects (id, worker, fence) VALUES (?, ?, ?)');
  return async ({ id }: Message, context: HandlerContext): Promise<void> => {
    await setTimeout(5);
    store.transaction((database) => {
      insert.run(id, worker, context.fence ?? 0);
      void context.complete(database);
    });
  };
}
