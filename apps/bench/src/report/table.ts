import type { Interval, Result } from './result.ts';

/** Lines for people: each contender's median, its 10th and 90th percentile, and Millrace's ratio to it. */
export function toTable(results: readonly Result[]): string {
  return results.map(toBlock).join('\n\n');
}

function toBlock({ id, unit, millrace, raw, ratio, peers, spread }: Result): string {
  const rows = [
    ['millrace', millrace, ''],
    ['raw', raw, `${ratio} ${interval(spread['ratio'])}`],
    ...Object.entries(peers).map(
      ([name, value]) => [name, value, (millrace / value).toPrecision(3)] as const,
    ),
  ] as const;
  const lines = rows.map(([name, value, comparison]) =>
    [name.padEnd(34), String(value).padStart(10), interval(spread[name]).padEnd(20), comparison]
      .join('  ')
      .trimEnd(),
  );
  const heading = ['median'.padStart(10), 'p10–p90'.padEnd(20), 'millrace over it'].join('  ');
  return [`${`${id} (${unit})`.padEnd(34)}  ${heading}`, ...lines].join('\n');
}

function interval(ends: Interval | undefined): string {
  return ends === undefined ? '' : `[${ends[0]} – ${ends[1]}]`;
}
