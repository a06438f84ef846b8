import type { Report } from '../bench.ts';
import type { Interval, Result } from './result.ts';

/** For people: a table for each result, and what it was measured on. */
export function toText({ results, skipped, before, after }: Report): string {
  const { node, platform, cpu, cores } = before;
  const where = `Node ${node} on ${platform}, ${cores} × ${cpu}; load ${before.load[0]} before, ${after.load[0]} after.`;
  const absent = skipped.map(({ name, missing }) => `SKIPPED: ${name}. ${missing}`);
  return [...results.map(toTable), ...absent, where].join('\n\n');
}

function toTable({ id, unit, millrace, raw, ratio, peers, spread }: Result): string {
  const others = Object.entries(peers).map(([name, value]) =>
    row(name, String(value), interval(spread[name]), (millrace / value).toPrecision(3)),
  );
  return [
    row(`${id} (${unit})`, 'median', 'p10 – p90', 'millrace over it, 95 % interval'),
    row('millrace', String(millrace), interval(spread['millrace']), ''),
    row('raw', String(raw), interval(spread['raw']), `${ratio} [${interval(spread['ratio'])}]`),
    ...others,
  ].join('\n');
}

function row(name: string, value: string, spread: string, comparison: string): string {
  return [name.padEnd(42), value.padStart(8), spread.padEnd(16), comparison].join('  ').trimEnd();
}

function interval(ends: Interval | undefined): string {
  return ends === undefined ? '' : `${ends[0]} – ${ends[1]}`;
}
