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
};

/** The counts, each with what it means. */
export function table(counts: Counts): string {
  const { sqs, salesforce } = counts.sources;
  const names = Object.keys(meanings) as readonly (keyof SourceCounts)[];
  return [
    line('', ['all', 'SQS', 'Salesforce'], ''),
    ...names.map((name) =>
      line(name, [grouped(counts[name]), grouped(sqs[name]), grouped(salesforce[name])], meanings[name]),
    ),
    line('restarts', [grouped(counts.restarts), '', ''], 'workers killed and started again'),
  ].join('\n');
}

function line(
  name: string,
  [all, sqs, salesforce]: readonly [string, string, string],
  meaning: string,
): string {
  return `  ${name.padEnd(20)} ${all.padStart(6)} ${sqs.padStart(7)} ${salesforce.padStart(11)}   ${meaning}`.trimEnd();
}
