/** The rows of some sources, whose names are the JSON list `:sources`. */
const ofSources = `source IN (SELECT value FROM json_each(:sources))`;
const rows = `
  published AS NOT MATERIALIZED (SELECT * FROM main.published WHERE ${ofSources}),
  runs AS NOT MATERIALIZED (SELECT * FROM main.runs WHERE ${ofSources}),
  ledger AS NOT MATERIALIZED (SELECT * FROM main.ledger WHERE ${ofSources}),
  letters AS MATERIALIZED (SELECT message_id AS event_id, reason FROM millrace_dead_letters WHERE ${ofSources}),
  -- One row for each event that was published: how many copies, effects and dead letters there are of it.
  fates AS MATERIALIZED (
    SELECT event_id, copies, expected,
      (SELECT count(*) FROM ledger WHERE ledger.event_id = copy.event_id) AS effects,
      (SELECT count(*) FROM letters WHERE letters.event_id = copy.event_id) AS letters,
      (SELECT min(reason) FROM letters WHERE letters.event_id = copy.event_id) AS reason
    FROM (SELECT event_id, count(*) AS copies, min(expected) AS expected FROM published GROUP BY event_id) AS copy)`;

export const countsSql = `
  WITH ${rows}
  SELECT
    (SELECT count(*) FROM published) AS published,
    (SELECT count(DISTINCT event_id) FROM runs
      WHERE event_id NOT IN (SELECT event_id FROM letters)) AS handled,
    (SELECT count(*) FROM ledger) AS effects,
    (SELECT count(*) FROM fates WHERE effects = 0 AND letters = 0) AS lost,
    (SELECT coalesce(sum(times - 1), 0) FROM (SELECT count(*) AS times FROM ledger GROUP BY event_id)) AS effectsTwice,
    (SELECT coalesce(sum(max(0, copies - max(1, effects + letters))), 0) FROM fates) AS duplicatesSuppressed,
    (SELECT count(*) - count(DISTINCT event_id) FROM runs) AS retried,
    (SELECT count(*) FROM letters) AS deadLettered,
    (SELECT count(*) FROM letters WHERE reason = 'unhandled') AS unhandled`;

export const irregularitiesSql = `
  WITH ${rows},
    steps AS (
      SELECT sequence, max(sequence) OVER (
        PARTITION BY source, subject ORDER BY entry ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS latest FROM ledger WHERE sequence IS NOT NULL
    )
  SELECT
    (SELECT count(*) FROM steps WHERE sequence < latest) AS outOfOrder,
    (SELECT count(*) FROM fates WHERE
      CASE expected WHEN 'effect' THEN letters > 0 ELSE effects > 0 OR (letters > 0 AND reason <> expected) END) AS misplaced,
    (SELECT count(*) FROM ledger WHERE event_id NOT IN (SELECT event_id FROM published))
      + (SELECT count(*) FROM letters
          WHERE event_id NOT IN (SELECT event_id FROM published)) AS unknown`;
