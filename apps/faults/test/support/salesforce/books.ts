import type { Ledger } from '../ledger.ts';
import { openLedger } from '../ledger.ts';
import type { History, PublishedEvent } from './history.ts';

/** The reader's SQLite file, seen by plain SQL on a connection of its own. */
export interface Books {
  readonly path: string;
  /** So many effects were committed. */
  readonly effects: number;
  /** What became of these events, as the file says at this moment. */
  history(published: readonly PublishedEvent[]): History;
}

/** They are gone after the test. */
export function openBooks(): Books {
  const ledger = openLedger();
  const { database } = ledger;
  // As fast with many as with few; what is there twice is for the examination to find.
  const count = database.prepare('SELECT max(row) AS count FROM effects');
  return {
    path: ledger.path,
    get effects() {
      return Number(count.get()?.['count'] ?? 0);
    },
    history: (published) => ({
      published,
      effects: ledger.ids(),
      markers: markersIn(ledger),
      deadLettered: ledger.deadLettered(),
    }),
  };
}

function markersIn({ database }: Ledger): History['markers'] {
  const rows = database.prepare('SELECT key, position FROM millrace_markers').all();
  const markers = rows.map(({ key, position }) => {
    // Consumer, source, channel and org.
    const [, , channel = ''] = String(key).split('/').map(decodeURIComponent);
    return [channel, String(position)] as const;
  });
  return new Map(markers);
}
