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

  function join(event: string, lane: string): void {
    if (laneOf.has(event)) return;
    laneOf.set(event, lane);
    lanes.set(lane, [...(lanes.get(lane) ?? []), event]);
  }

  for (const entry of entries) {
    if (entry.kind === 'forgotten') break;
    if (entry.kind === 'published' && order === 'perKey' && entry.key !== undefined)
      join(entry.event, entry.key);
    if (entry.kind === 'delivered' && order === 'perChannel') join(entry.event, entry.channel);
    if (entry.kind === 'started') {
      const { event, group } = entry;
      const lane = lanes.get(laneOf.get(event) ?? '') ?? [];
      const overtaken = lane
        .slice(0, Math.max(0, lane.indexOf(event)))
        .filter((older) => !accounted.by(group, older));
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
