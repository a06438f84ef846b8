import type { Counts } from './ledger/audit.ts';
import { grouped } from './narrator.ts';

const meanings: Readonly<Record<keyof Counts, string>> = {
  published: 'messages that the broker took, copies and garbage included',
  handled: 'events whose handler did its work',
  effects: 'rows in the ledger',
  lost: 'events that left neither an effect nor a dead letter',
  effectsTwice: 'rows in the ledger beyond the first of their event',
  duplicatesSuppressed: 'copies of an event that left no effect of their own',
  retried: 'runs of a handler beyond the first for an event',
  deadLettered: 'events given up on, kept with their cause',
  unhandled: 'of these, events that no handler takes',
  restarts: 'workers killed and started again',
};

/** The counts, each with what it means. */
export function table(counts: Counts): string {
  const names = Object.keys(meanings) as readonly (keyof Counts)[];
  return names
    .map((name) => `  ${name.padEnd(20)} ${grouped(counts[name]).padStart(6)}   ${meanings[name]}`)
    .join('\n');
}
