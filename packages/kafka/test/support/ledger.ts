import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import type { Delivery, Effect } from './history.ts';

/** What members in processes of their own have done, in files that outlive them. */
export interface Ledger {
  /** Of a SQLite file. */
  readonly path: string;
  /** Of the file for what a member was given. */
  deliveriesOf(member: string): string;
  /** How many effects there are. */
  count(): number;
  has(n: number): boolean;
  effects(): readonly Effect[];
  deliveries(): readonly Delivery[];
}

/** Nothing is unique in the table: an effect that happens twice has to show up as two rows. */
export function openLedger(): Ledger {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-ledger-'));
  const path = join(folder, 'ledger.db');
  const database = new DatabaseSync(path);
  onTestFinished(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE effects (
      row INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL, place TEXT NOT NULL, member TEXT NOT NULL
    ) STRICT`);
  const count = database.prepare('SELECT count(*) AS effects FROM effects');
  const find = database.prepare('SELECT 1 FROM effects WHERE n = ?');
  const all = database.prepare('SELECT n, place, member FROM effects ORDER BY row');
  const ending = '.deliveries';

  return {
    path,
    deliveriesOf: (member) => join(folder, member + ending),
    count: () => Number(count.get()?.['effects']),
    has: (n) => find.get(n) !== undefined,
    effects: () =>
      all.all().map(({ n, place, member }) => ({
        n: Number(n),
        place: String(place),
        member: String(member),
      })),
    deliveries: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith(ending))
        .flatMap((name) => {
          const member = name.slice(0, -ending.length);
          const lines = readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1);
          return lines.map((line): Delivery => {
            const [place = '', at] = line.split(' ');
            return { member, place, at: Number(at) };
          });
        }),
  };
}
