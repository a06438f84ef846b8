/** The rows of some sources, whose names are the JSON list `:sources`. */
const ofSources = `source IN (SELECT value FROM json_each(:sources))`;
const sameEvent = (table: string) => `${table}.event_id = copy.event_id AND ${table}.source = copy.source`;
const rows = `
  published AS NOT MATERIALIZED (SELECT * FROM main.published WHERE ${ofSources}),
  runs AS NOT MATERIALIZED (SELECT * FROM main.runs WHERE ${ofSources}),
  ledger AS NOT MATERIALIZED (SELECT * FROM main.ledger WHERE ${ofSources}),
  letters AS MATERIALIZED (SELECT source, message_id AS event_id, reason FROM millrace_dead_letters WHERE ${ofSources}),
  -- One row for each event that was published to a source: how many copies, effects and dead letters there are of it.
  fates AS MATERIALIZED (
    SELECT source, event_id, copies, expected,
      (SELECT count(*) FROM ledger WHERE ${sameEvent('ledger')}) AS effects,
      (SELECT count(*) FROM letters WHERE ${sameEvent('letters')}) AS letters,
      (SELECT min(reason) FROM letters WHERE ${sameEvent('letters')}) AS reason,
      expected = 'replayed' AND (SELECT count(*) FROM runs WHERE ${sameEvent('runs')}) > 1 AS ran_again
    FROM (
      SELECT source, event_id, count(*) AS copies, min(expected) AS expected FROM published GROUP BY source, event_id
    ) AS copy)`;

export const countsSql = `
  WITH ${rows}
  SELECT
    (SELECT count(*) FROM published) AS published,
    (SELECT count(*) FROM (
      SELECT source, event_id FROM runs
      EXCEPT SELECT * FROM (
        SELECT source, event_id FROM letters EXCEPT SELECT source, event_id FROM ledger))) AS handled,
    (SELECT count(*) FROM ledger) AS effects,
    (SELECT count(*) FROM fates WHERE effects = 0 AND letters = 0) AS lost,
    (SELECT coalesce(sum(times - 1), 0) FROM (SELECT count(*) AS times FROM ledger GROUP BY source, event_id)) AS effectsTwice,
    (SELECT coalesce(sum(max(0, copies - max(1, effects + letters))), 0) FROM fates) AS duplicatesSuppressed,
    (SELECT coalesce(sum(times - 1), 0) FROM (SELECT count(*) AS times FROM runs GROUP BY source, event_id)) AS retried,
    (SELECT count(*) FROM letters) AS deadLettered,
    (SELECT count(*) FROM letters WHERE reason = 'unhandled') AS unhandled,
    (SELECT count(*) FROM fates WHERE ran_again AND effects > 0 AND letters = 0) AS replayed`;

export const irregularitiesSql = `
  WITH ${rows},
    steps AS (
      SELECT sequence, max(sequence) OVER (
        PARTITION BY source, subject ORDER BY entry ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ) AS latest FROM ledger WHERE sequence IS NOT NULL
    ),
    -- With the number of rows: a parcel must not be there twice.
    built AS (SELECT parcel_id, status, place, scans, count(*) FROM parcels GROUP BY 1, 2, 3, 4),
    told AS (SELECT parcel_id, status, place, scans, count(*) FROM parcels_told GROUP BY 1, 2, 3, 4)
  SELECT
    (SELECT count(*) FROM steps WHERE sequence < latest) AS outOfOrder,
    (SELECT count(*) FROM fates WHERE
      CASE expected
        WHEN 'effect' THEN letters > 0
        WHEN 'replayed' THEN letters > 0 OR (effects > 0 AND NOT ran_again)
        ELSE effects > 0 OR (letters > 0 AND reason <> expected)
      END) AS misplaced,
    (SELECT count(*) FROM ledger WHERE (source, event_id) NOT IN (SELECT source, event_id FROM published))
      + (SELECT count(*) FROM letters
          WHERE (source, event_id) NOT IN (SELECT source, event_id FROM published)) AS unknown,
    (SELECT count(DISTINCT parcel_id) FROM (
      SELECT * FROM (SELECT * FROM built EXCEPT SELECT * FROM told)
      UNION ALL SELECT * FROM (SELECT * FROM told EXCEPT SELECT * FROM built))) AS misread`;
