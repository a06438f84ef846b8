import type { Capabilities } from '@millrace/core';
import type { Finding } from './check-history.ts';
import type { HistoryEntry } from './history.ts';
import { accountedFor } from './accounted-for.ts';
import { list } from './losses.ts';

/** More messages inside a session at once than there was room for. One finding a session. */
export function findOverfull(entries: readonly HistoryEntry[], { settle }: Capabilities): readonly Finding[] {
  const findings = new Map<string, Finding>();
  const rooms = new Map<string, number>();
  const inside = new Map<string, string[]>();
  const accounted = accountedFor();

  for (const entry of entries) {
    accounted.see(entry);
    if (!('session' in entry)) continue;
    const key = JSON.stringify([entry.consumer, entry.session]);
    if (entry.kind === 'opened') rooms.set(key, entry.room);
    if (entry.kind === 'settled' || (entry.kind === 'refused' && entry.final)) leave(key, entry.event);
    if (entry.kind !== 'delivered') continue;
    // A source that settles nothing is not told when a message has left.
    const there = (inside.get(key) ?? []).filter(
      (event) => settle !== 'none' || !accounted.by(entry.group, event),
    );
    there.push(entry.event);
    inside.set(key, there);
    const room = rooms.get(key) ?? Infinity;
    if (there.length <= room) continue;
    findings.set(key, {
      word: 'unsettled',
      events: there,
      sentence: `${there.length} messages were inside ${entry.consumer} at once, and there was room for ${room}: ${list(there)}`,
    });
  }
  return [...findings.values()];

  function leave(key: string, event: string): void {
    const there = inside.get(key) ?? [];
    const at = there.indexOf(event);
    if (at >= 0) there.splice(at, 1);
  }
}

export function findLeaks(entries: readonly HistoryEntry[]): readonly Finding[] {
  return entries.flatMap((entry) =>
    entry.kind === 'leaked' ? [{ word: 'leaked' as const, events: [], sentence: entry.what }] : [],
  );
}
