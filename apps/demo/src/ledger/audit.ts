import type { DatabaseSync } from 'node:sqlite';

/** What `--json` prints. The README of the demo says how each number is counted. */
export interface Counts {
  readonly published: number;
  readonly handled: number;
  readonly effects: number;
  readonly lost: number;
  readonly effectsTwice: number;
  readonly duplicatesSuppressed: number;
  readonly retried: number;
  readonly deadLettered: number;
  readonly unhandled: number;
  readonly restarts: number;
}

/** What must be 0 as well, and is not among the counts. */
export interface Irregularities {
  /** Effects of an order that took place after a later one of the same order. */
  readonly outOfOrder: number;
  /** Dead letters of events that should have taken effect, and the other way round. */
  readonly misplaced: number;
  /** Effects and dead letters of events that nobody published. */
  readonly unknown: number;
}

/** One row for each event that was published: how many copies, effects and dead letters there are of it. */
const fates = `
  SELECT event_id, copies, expected,
    (SELECT count(*) FROM ledger WHERE ledger.event_id = copy.event_id) AS effects,
    (SELECT count(*) FROM millrace_dead_letters WHERE message_id = copy.event_id) AS letters,
    (SELECT min(reason) FROM millrace_dead_letters WHERE message_id = copy.event_id) AS reason
  FROM (SELECT event_id, count(*) AS copies, min(expected) AS expected FROM published GROUP BY event_id) AS copy`;

const countsSql = `
  WITH fates AS MATERIALIZED (${fates})
  SELECT
    (SELECT count(*) FROM published) AS published,
    (SELECT count(DISTINCT event_id) FROM runs
      WHERE event_id NOT IN (SELECT message_id FROM millrace_dead_letters)) AS handled,
    (SELECT count(*) FROM ledger) AS effects,
    (SELECT count(*) FROM fates WHERE effects = 0 AND letters = 0) AS lost,
    (SELECT coalesce(sum(times - 1), 0) FROM (SELECT count(*) AS times FROM ledger GROUP BY event_id)) AS effectsTwice,
    (SELECT coalesce(sum(max(0, copies - max(1, effects + letters))), 0) FROM fates) AS duplicatesSuppressed,
    (SELECT count(*) - count(DISTINCT event_id) FROM runs) AS retried,
    (SELECT count(*) FROM millrace_dead_letters) AS deadLettered,
    (SELECT count(*) FROM millrace_dead_letters WHERE reason = 'unhandled') AS unhandled`;

const irregularitiesSql = `
  WITH fates AS MATERIALIZED (${fates}),
    steps AS (
      SELECT sequence, max(sequence) OVER (
        PARTITION BY order_id ORDER BY entry ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS latest FROM ledger WHERE sequence IS NOT NULL
    )
  SELECT
    (SELECT count(*) FROM steps WHERE sequence < latest) AS outOfOrder,
    (SELECT count(*) FROM fates WHERE
      CASE expected WHEN 'effect' THEN letters > 0 ELSE effects > 0 OR (letters > 0 AND reason <> expected) END) AS misplaced,
    (SELECT count(*) FROM ledger WHERE event_id NOT IN (SELECT event_id FROM published))
      + (SELECT count(*) FROM millrace_dead_letters
          WHERE message_id NOT IN (SELECT event_id FROM published)) AS unknown`;

export interface Audit {
  readonly counts: Counts;
  readonly irregularities: Irregularities;
}

/** Counts from the rows alone; what the framework says of itself is not asked. */
export function audit(database: DatabaseSync, restarts: number): Audit {
  const counts = database.prepare(countsSql).get() as unknown as Omit<Counts, 'restarts'>;
  const irregularities = database.prepare(irregularitiesSql).get() as unknown as Irregularities;
  return { counts: { ...counts, restarts }, irregularities };
}

/** What is wrong, in words; empty when all is well. */
export function findings({ counts, irregularities }: Audit): readonly string[] {
  const wrong: readonly (readonly [number, string])[] = [
    [counts.lost, 'lost: published, and left neither an effect nor a dead letter'],
    [counts.effectsTwice, 'took effect twice: there is a row in the ledger beyond the first of its event'],
    [irregularities.outOfOrder, 'out of order: took effect after a later event of its order'],
    [irregularities.misplaced, 'ended as a dead letter, or took effect, and should not have'],
    [irregularities.unknown, 'took effect or ended as a dead letter, and was never published'],
  ];
  return wrong.filter(([count]) => count > 0).map(([count, what]) => `${count} × ${what}.`);
}
