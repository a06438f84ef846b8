import type { HandlerContext, Message } from '@millrace/core';
import type { SqliteStore } from '@millrace/core/sqlite';

/** What an event changes in the books. */
export interface Posting {
  readonly account: string;
  readonly amount: number;
  /** A currency, a product, or what else is counted. */
  readonly unit: string;
  /** What it changes in a read model, in the same transaction. */
  readonly readModel?: () => void;
}

/** Data of an event that is about an order, an account, a parcel or a product. Where their order counts, they are numbered. */
export type About = (
  | { readonly orderId: string }
  | { readonly accountId: string }
  | { readonly parcelId: string }
  | { readonly sku: string }
) & {
  readonly sequence?: number | undefined;
};

/** How often the row of an effect is written: once, unless a worker is made to misbehave. */
export type RowsFor = (eventId: string) => number;

export interface Ledger {
  /** Does the work, then writes its effect together with "done". */
  record(message: Message<About>, context: HandlerContext, work: () => Promise<Posting>): Promise<void>;
}

export function openLedger(store: SqliteStore, worker: string, rowsFor: RowsFor): Ledger {
  const { database } = store;
  const beginRun = database.prepare(
    'INSERT INTO runs (source, event_id, handler, worker) VALUES (?, ?, ?, ?)',
  );
  const endRun = database.prepare('UPDATE runs SET ended = 1 WHERE number = ?');
  const post = database.prepare(
    'INSERT INTO ledger (source, event_id, subject, sequence, account, amount, unit, worker) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );

  return {
    async record({ id, source, data }, context, work) {
      const subject = subjectOf(data);
      const { lastInsertRowid: run } = beginRun.run(source, id, context.handler, worker);
      try {
        const { account, amount, unit, readModel } = await work();
        store.transaction((transaction) => {
          for (let row = 0; row < rowsFor(id); row += 1) {
            post.run(source, id, subject, data.sequence ?? null, account, amount, unit, worker);
            readModel?.();
          }
          void context.complete(transaction);
        });
      } finally {
        endRun.run(run);
      }
    },
  };
}

function subjectOf(data: About): string {
  if ('orderId' in data) return data.orderId;
  if ('accountId' in data) return data.accountId;
  return 'parcelId' in data ? data.parcelId : data.sku;
}
