import type { HistoryEntry } from './history.ts';

/** Which events were handled to the end, or parked, so far. */
export interface AccountedFor {
  see(entry: HistoryEntry): void;
  /** By this group of consumers. */
  by(group: string, event: string): boolean;
  anywhere(event: string): boolean;
}

export function accountedFor(): AccountedFor {
  const byGroup = new Map<string, Set<string>>();
  return {
    see(entry) {
      const ended = (entry.kind === 'ended' && entry.result === 'done') || entry.kind === 'parked';
      if (!ended) return;
      const events = byGroup.get(entry.group) ?? new Set();
      byGroup.set(entry.group, events.add(entry.event));
    },
    by: (group, event) => byGroup.get(group)?.has(event) ?? false,
    anywhere: (event) => [...byGroup.values()].some((events) => events.has(event)),
  };
}
