import type { Finding } from './check-history.ts';
import type { HistoryEntry } from './history.ts';
import { accountedFor } from './accounted-for.ts';

/** Started before an older event of its key was over. */
export function findReordered(
  entries: readonly HistoryEntry[],
  order: 'perKey' | 'perChannel',
): readonly Finding[] {
  const findings: Finding[] = [];
  const lanes = new Map<string, string[]>();
  const laneOf = new Map<string, string>();
  const accounted = accountedFor();
  const lastRun = lastRuns(entries);
  const parked = new Set(entries.flatMap((it) => (it.kind === 'parked' ? [`${it.group} ${it.event}`] : [])));

  /** Given up on: what it is parked after need not wait for the store. */
  function isGivenUp(group: string, event: string, at: number): boolean {
    const of = `${group} ${event}`;
    return parked.has(of) && (lastRun.get(of) ?? -1) < at;
  }

  function join(event: string, lane: string): void {
    if (laneOf.has(event)) return;
    laneOf.set(event, lane);
    lanes.set(lane, [...(lanes.get(lane) ?? []), event]);
  }

  for (const [at, entry] of entries.entries()) {
    if (entry.kind === 'forgotten') break;
    if (entry.kind === 'published' && order === 'perKey' && entry.key !== undefined)
      join(entry.event, entry.key);
    if (entry.kind === 'delivered' && order === 'perChannel') join(entry.event, entry.channel);
    if (entry.kind === 'started') {
      const { event, group } = entry;
      const lane = lanes.get(laneOf.get(event) ?? '') ?? [];
      const overtaken = lane
        .slice(0, Math.max(0, lane.indexOf(event)))
        .filter((older) => !accounted.by(group, older) && !isGivenUp(group, older, at));
      const [oldest] = overtaken;
      if (oldest !== undefined) {
        findings.push({
          word: 'reordered',
          events: [oldest, event],
          sentence: `${event} was started before ${oldest}, which is older and has the same key, was over`,
        });
      }
    }
    accounted.see(entry);
  }
  return findings;
}

/** Where the last run of each event by each group has ended; not at all, if it is still running. */
function lastRuns(entries: readonly HistoryEntry[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const [at, entry] of entries.entries()) {
    if (entry.kind === 'started') last.set(`${entry.group} ${entry.event}`, Infinity);
    if (entry.kind === 'ended') last.set(`${entry.group} ${entry.event}`, at);
  }
  return last;
}
