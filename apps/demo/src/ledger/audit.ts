import type { DatabaseSync } from 'node:sqlite';
import type { Broker, SourceName } from '../sources.ts';
import { sources } from '../sources.ts';
import { countsSql, irregularitiesSql } from './audit-sql.ts';

/** What is counted of events. The README of the demo says how. */
export interface SourceCounts {
  readonly published: number;
  readonly handled: number;
  readonly effects: number;
  readonly lost: number;
  readonly effectsTwice: number;
  readonly duplicatesSuppressed: number;
  readonly retried: number;
  readonly deadLettered: number;
  readonly unhandled: number;
  readonly replayed: number;
}

/** What `--json` prints: of all events, and of those of each broker. */
export interface Counts extends SourceCounts {
  readonly restarts: number;
  /** Kafka is there where something was relayed to it. */
  readonly sources: Readonly<Record<Broker, SourceCounts>> & { readonly kafka?: SourceCounts };
}

/** What must be 0 as well, and is not among the counts. */
export interface Irregularities {
  /** Effects that took place after a later one of the same order, account or parcel. */
  readonly outOfOrder: number;
  /** Dead letters of events that should have taken effect, and the other way round. */
  readonly misplaced: number;
  /** Effects and dead letters of events that nobody published. */
  readonly unknown: number;
  /** Parcels that the read model has otherwise than the events in their streams say. */
  readonly misread: number;
}

export interface Audit {
  readonly counts: Counts;
  readonly irregularities: Irregularities;
}

/** Counts from the rows alone; what the framework says of itself is not asked. */
export function audit(database: DatabaseSync, restarts: number): Audit {
  const query = (sql: string, names: readonly SourceName[]): unknown =>
    database.prepare(sql).get({ sources: JSON.stringify(names) });
  const count = (names: readonly SourceName[]) => ({ ...(query(countsSql, names) as SourceCounts) });
  const all = Object.values(sources).flat();
  const kafka = count(sources.kafka);
  return {
    counts: {
      ...count(all),
      restarts,
      sources: {
        sqs: count(sources.sqs),
        salesforce: count(sources.salesforce),
        eventstore: count(sources.eventstore),
        http: count(sources.http),
        ...(kafka.published > 0 && { kafka }),
      },
    },
    irregularities: query(irregularitiesSql, all) as Irregularities,
  };
}

/** What is wrong, in words; empty when all is well. */
export function findings({ counts, irregularities }: Audit): readonly string[] {
  const wrong: readonly (readonly [number, string])[] = [
    [counts.lost, 'lost: published, and left neither an effect nor a dead letter'],
    [counts.effectsTwice, 'took effect twice: there is a row in the ledger beyond the first of its event'],
    [
      irregularities.outOfOrder,
      'out of order: took effect after a later event of its order, account or parcel',
    ],
    [irregularities.misplaced, 'ended as a dead letter, or took effect, and should not have'],
    [irregularities.unknown, 'took effect or ended as a dead letter, and was never published'],
    [
      irregularities.misread,
      'misread: the read model has a parcel otherwise than the events in its stream say',
    ],
  ];
  return wrong.filter(([count]) => count > 0).map(([count, what]) => `${count} × ${what}.`);
}
