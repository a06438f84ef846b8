import type { Finding, HistoryFacts } from './check-history.ts';
import type { HistoryEntry } from './history.ts';
import { accountedFor } from './accounted-for.ts';
import { keepsNothing } from './keeps-nothing.ts';

/** Published, and at the end neither handled nor parked nor at the broker; or still at the broker, though it should not be. */
export function findLost(
  entries: readonly HistoryEntry[],
  { capabilities, remaining }: HistoryFacts,
): readonly Finding[] {
  const accounted = accountedFor();
  for (const entry of entries) accounted.see(entry);
  const due = keepsNothing(capabilities) ? entries.slice(lastStop(entries) + 1) : entries;
  const published = new Set(due.flatMap((entry) => (entry.kind === 'published' ? [entry.event] : [])));
  const open = [...published].filter((event) => !accounted.anywhere(event));
  const held = capabilities.settle === 'none' ? 0 : (remaining ?? 0);
  if (open.length > held) {
    const where = held === 0 ? '' : `, of which the broker still has ${held}`;
    return [
      {
        word: 'lost',
        events: open,
        sentence: `${list(open)}: published, neither handled nor parked${where}`,
      },
    ];
  }
  if (held === 0) return [];
  const which = open.length > 0 ? ` (${list(open)})` : ', though all were handled or parked';
  const events = open.length > 0 ? open : [...published];
  return [{ word: 'unsettled', events, sentence: `the broker still has ${held}${which}` }];
}

/** What was published before is gone with the reader, where the broker keeps nothing. */
function lastStop(entries: readonly HistoryEntry[]): number {
  return entries.findLastIndex(({ kind }) => kind === 'stopping' || kind === 'crashed');
}

export function list(events: readonly string[]): string {
  const shown = events.slice(0, 8).join(', ');
  return events.length > 8 ? `${shown} and ${events.length - 8} more` : shown;
}
