import type { Counts, SourceCounts } from './ledger/audit.ts';
import { grouped } from './narrator.ts';

const meanings: Readonly<Record<keyof SourceCounts, string>> = {
  published: 'messages that the broker took, copies and garbage included',
  handled: 'events whose handler did its work',
  effects: 'rows in the ledger',
  lost: 'events that left neither an effect nor a dead letter',
  effectsTwice: 'rows in the ledger beyond the first of their event',
  duplicatesSuppressed: 'copies of an event that left no effect of their own',
  retried: 'runs of a handler beyond the first for an event',
  deadLettered: 'events given up on, kept with their cause',
  unhandled: 'of these, events that no handler takes',
  replayed: 'events given up on at first, which were handed out again later and took effect',
};

/** The counts, each with what it means. */
export function table(counts: Counts): string {
  const { sqs, salesforce, eventstore, http, kafka } = counts.sources;
  const names = Object.keys(meanings) as readonly (keyof SourceCounts)[];
  return [
    line('', ['all', 'SQS', 'Salesforce', 'event store', 'HTTP', ...(kafka ? ['Kafka'] : [])], ''),
    ...names.map((name) =>
      line(
        name,
        [counts, sqs, salesforce, eventstore, http, ...(kafka ? [kafka] : [])].map((each) =>
          grouped(each[name]),
        ),
        meanings[name],
      ),
    ),
    line('restarts', [grouped(counts.restarts)], 'workers killed and started again'),
  ].join('\n');
}

const widths = [6, 7, 11, 12, 6, 6] as const;

function line(name: string, columns: readonly string[], meaning: string): string {
  const cells = widths.map((width, index) => (columns[index] ?? '').padStart(width));
  return `  ${name.padEnd(20)} ${cells.join(' ')}   ${meaning}`.trimEnd();
}
