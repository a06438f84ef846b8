import type { Finding } from './check-history.ts';
import type { HistoryEntry } from './history.ts';
import { accountedFor } from './accounted-for.ts';
import { list } from './losses.ts';

/** What a session's channel brought: an event, or a position without one. */
interface Passage {
  readonly event?: string;
  readonly position: string | undefined;
}

/**
 * Written while something at or below it was unsettled; or a session that went on reading beyond something that had
 * been delivered before and was not settled, whatever the marker was said to be.
 */
export function findEarlyMarkers(entries: readonly HistoryEntry[]): readonly Finding[] {
  const findings: Finding[] = [];
  const accounted = accountedFor();
  /** Deliveries of a session's channel, in order. */
  const sessions = new Map<string, Passage[]>();
  /** Events of a group's channel, in the order of their first delivery. */
  const channels = new Map<string, Set<string>>();

  for (const entry of entries) {
    if (entry.kind === 'forgotten') break;
    accounted.see(entry);
    if (entry.kind === 'delivered') {
      const inSession = deliveries(entry);
      const inChannel = channels.get(JSON.stringify([entry.group, entry.channel])) ?? new Set();
      channels.set(JSON.stringify([entry.group, entry.channel]), inChannel);
      if (inSession.every(({ event: earlier }) => earlier === undefined))
        report(
          entry.group,
          before(inChannel, entry.event),
          `${entry.consumer} went on reading at ${entry.event}, beyond`,
        );
      if (inSession.some(({ event, position }) => event === undefined && position === entry.position))
        report(entry.group, [entry.event], `a position was passed before`);
      inSession.push(entry);
      inChannel.add(entry.event);
    } else if (entry.kind === 'passed') {
      deliveries(entry).push({ position: entry.position });
    } else if (entry.kind === 'marked') {
      const inSession = deliveries(entry);
      const reached = inSession.findLastIndex(({ position }) => position === entry.position);
      report(
        entry.group,
        inSession.slice(0, reached + 1).flatMap(({ event }) => event ?? []),
        `the marker of channel "${entry.channel}" was written beyond`,
      );
    }
  }
  return findings;

  function deliveries({
    consumer,
    session,
    channel,
  }: {
    readonly consumer: string;
    readonly session: number;
    readonly channel: string;
  }) {
    const key = JSON.stringify([consumer, session, channel]);
    const made = sessions.get(key) ?? [];
    sessions.set(key, made);
    return made;
  }

  function report(group: string, events: readonly string[], what: string): void {
    const open = events.filter((event) => !accounted.by(group, event));
    if (open.length === 0) return;
    findings.push({
      word: 'early marker',
      events: open,
      sentence: `${what} ${list(open)}, which was not settled`,
    });
  }
}

function before(events: ReadonlySet<string>, event: string): readonly string[] {
  const all = [...events];
  const at = all.indexOf(event);
  return at === -1 ? all : all.slice(0, at);
}
