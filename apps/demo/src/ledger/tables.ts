import type { DatabaseSync } from 'node:sqlite';

/**
 * The demo's own tables, in the same file as the store's. Nothing here is unique but the row numbers: an effect that
 * happens twice has to show up as two rows.
 */
export function createTables(database: DatabaseSync): void {
  database.exec(`
    -- What the broker took, one row a message. Written by the publishing side.
    CREATE TABLE published (
      number INTEGER PRIMARY KEY,
      -- The name that the source has at the consumers.
      source TEXT NOT NULL,
      event_id TEXT NOT NULL,
      -- 'effect', the reason of the dead letter that it has to end as, or 'replayed': given up on at first, an effect and no dead letter later.
      expected TEXT NOT NULL
    ) STRICT;
    CREATE INDEX published_by_event ON published (event_id);

    -- One row for each time a handler was called, written by the handler at once and outside of any transaction.
    CREATE TABLE runs (
      number INTEGER PRIMARY KEY,
      source TEXT NOT NULL,
      event_id TEXT NOT NULL,
      handler TEXT NOT NULL,
      worker TEXT NOT NULL,
      -- 0 while the handler is at it, and for ever when its process is killed.
      ended INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX runs_by_event ON runs (event_id);

    -- The effects, in the order in which they took place.
    CREATE TABLE ledger (
      entry INTEGER PRIMARY KEY AUTOINCREMENT,
      source TEXT NOT NULL,
      event_id TEXT NOT NULL,
      -- The order, the account or the parcel that the event is about.
      subject TEXT NOT NULL,
      -- Where the event stands among those of its subject; NULL for events without an order among them.
      sequence INTEGER,
      account TEXT NOT NULL,
      amount INTEGER NOT NULL,
      unit TEXT NOT NULL,
      worker TEXT NOT NULL
    ) STRICT;
    CREATE INDEX ledger_by_event ON ledger (event_id);

    -- The read model: where each parcel is, as the handlers have added it up.
    CREATE TABLE parcels (
      number INTEGER PRIMARY KEY,
      parcel_id TEXT NOT NULL,
      status TEXT NOT NULL,
      place TEXT NOT NULL,
      scans INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX parcels_by_id ON parcels (parcel_id);

    -- Where each parcel is by the events in its stream. Written for the audit.
    CREATE TABLE parcels_told (
      parcel_id TEXT NOT NULL,
      status TEXT NOT NULL,
      place TEXT NOT NULL,
      scans INTEGER NOT NULL
    ) STRICT;

    -- The register that customs looks goods up in: a part of the world outside, which has gaps.
    CREATE TABLE tariffs (sku TEXT NOT NULL) STRICT;
  `);
}
