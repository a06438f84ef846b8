import type { Finding } from './history/check-history.ts';
import type { HistoryEntry } from './history/history.ts';
import { describeEntries } from './history/history.ts';
import type { AdapterProperty } from './property.ts';

const mostLines = 60;

/** What went wrong, in the words of the property, of the checker, and of the history. */
export function describeFailure(
  { id, name }: AdapterProperty,
  errors: readonly unknown[],
  findings: readonly Finding[],
  entries: readonly HistoryEntry[],
): string {
  const lines = describeEntries(relevant(entries, findings), entries[0]?.at ?? 0);
  const left = lines.length - mostLines;
  return [
    `${id} does not hold: ${name}.`,
    ...errors.map((error) => `  ${error instanceof Error ? error.message : String(error)}`),
    ...findings.map(({ word, sentence }) => `  ${word}: ${sentence}`),
    '  history:',
    ...(left > 0 ? [`    (${left} lines before)`] : []),
    ...lines.slice(-mostLines).map((line) => `    ${line}`),
  ].join('\n');
}

/** What happened to the events that something was found about, and what happened to no event in particular. */
function relevant(entries: readonly HistoryEntry[], findings: readonly Finding[]): readonly HistoryEntry[] {
  const events = new Set(findings.flatMap((finding) => finding.events));
  // Leases that were extended as they should be say nothing.
  const told = entries.filter(({ kind }) => kind !== 'extended');
  if (events.size === 0) return told;
  return told.filter((entry) => !('event' in entry) || events.has(entry.event));
}
