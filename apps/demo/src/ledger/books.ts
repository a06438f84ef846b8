import { DatabaseSync } from 'node:sqlite';
import type { DeadLetterReason } from '@millrace/core';
import type { Audit } from './audit.ts';
import type { ParcelState } from '../parcels/state.ts';
import type { SourceName } from '../sources.ts';
import { audit } from './audit.ts';
import { createTables } from './tables.ts';

/** What a broker took. */
export interface Published {
  readonly source: SourceName;
  /** What the event is known by: its own id, or the broker's for what has none. */
  readonly eventId: string;
  /** `replayed`: it is given up on at first, and takes effect when it is handed out again later. */
  readonly expected: 'effect' | 'replayed' | DeadLetterReason;
}

/** The demo's own view of the database: plain SQL on a connection of its own, nothing of the framework in between. */
export interface Books {
  effects(): number;
  /** Handlers of the worker that have begun and not ended. */
  running(worker: string): number;
  /** How many of these events the worker has entered in the ledger. */
  entered(worker: string, eventIds: ReadonlySet<string>): number;
  /** The worker that has begun with the newest event of the source. */
  reader(source: SourceName): string | undefined;
  /** Whether a handler has begun with the event. */
  hasBegun(event: Pick<Published, 'source' | 'eventId'>): boolean;
  /** Whether the event is in the ledger. */
  isEntered(event: Pick<Published, 'source' | 'eventId'>): boolean;
  /** Where the replay marker of a channel stands, as a replay id or a revision: all up to there is settled. */
  marker(channel: string): bigint | undefined;
  /** Puts goods into the register of tariffs. */
  addTariffs(skus: readonly string[]): void;
  /** `parcels`: where they are by their streams. */
  audit(published: readonly Published[], restarts: number, parcels?: readonly ParcelState[]): Audit;
  close(): void;
}

export function openBooks(path: string): Books {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000');
  createTables(database);
  const effects = database.prepare('SELECT count(*) AS count FROM ledger');
  const running = database.prepare('SELECT count(*) AS count FROM runs WHERE worker = ? AND ended = 0');
  const entered = database.prepare('SELECT event_id FROM ledger WHERE worker = ?');
  const newestRun = database.prepare('SELECT worker FROM runs WHERE source = ? ORDER BY number DESC LIMIT 1');
  const anyRun = database.prepare('SELECT 1 FROM runs WHERE event_id = ? AND source = ? LIMIT 1');
  const anyEntry = database.prepare('SELECT 1 FROM ledger WHERE event_id = ? AND source = ? LIMIT 1');
  const publish = database.prepare('INSERT INTO published (source, event_id, expected) VALUES (?, ?, ?)');
  const addTariff = database.prepare('INSERT INTO tariffs (sku) VALUES (?)');
  const tell = database.prepare(
    'INSERT INTO parcels_told (parcel_id, status, place, scans) VALUES (?, ?, ?, ?)',
  );

  return {
    effects: () => Number(effects.get()?.['count']),
    running: (worker) => Number(running.get(worker)?.['count']),
    entered: (worker, eventIds) =>
      entered.all(worker).filter((row) => eventIds.has(String(row['event_id']))).length,
    reader: (source) => newestRun.get(source)?.['worker']?.toString(),
    hasBegun: ({ source, eventId }) => anyRun.get(eventId, source) !== undefined,
    isEntered: ({ source, eventId }) => anyEntry.get(eventId, source) !== undefined,
    marker(channel) {
      // The table is the store's, which makes it when the first worker starts.
      const row = database
        .prepare('SELECT position FROM millrace_markers WHERE instr(key, ?) > 0')
        .get(encodeURIComponent(channel));
      // A position is opaque to those who use it. The books look into it all the same: they take nobody's word.
      const [, number] = /^[br]:(\d+)/.exec(row?.['position']?.toString() ?? '') ?? [];
      return number === undefined ? undefined : BigInt(number);
    },
    addTariffs(skus) {
      for (const sku of skus) addTariff.run(sku);
    },
    audit(published, restarts, parcels = []) {
      database.exec('BEGIN');
      for (const { source, eventId, expected } of published) publish.run(source, eventId, expected);
      for (const { parcelId, status, place, scans } of parcels) tell.run(parcelId, status, place, scans);
      database.exec('COMMIT');
      return audit(database, restarts);
    },
    close: () => database.close(),
  };
}
