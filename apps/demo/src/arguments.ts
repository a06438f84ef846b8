import { parseArgs } from 'node:util';
import type { SabotageWish } from './demo.ts';

export interface Arguments {
  /** One line of JSON on standard output, everything else on standard error. */
  readonly json: boolean;
  readonly sabotage: SabotageWish | undefined;
  /** Leaves the database and the workers' logs where they are. */
  readonly keep: boolean;
}

export const usage = `Usage: pnpm demo [--json] [--keep] [--sabotage=twice|lose [--source=sqs|salesforce|eventstore|http]]

  --json       print one line of JSON with the counts; the story goes to standard error
  --keep       keep the database and the logs of the workers, and say where they are
  --sabotage   make a worker misbehave with one event, to see that the books tell:
               "twice" writes its effect twice, "lose" says it is done and writes nothing
  --source     whose event that is: "sqs" unless you say "salesforce", "eventstore" or "http"`;

/** Throws, in words for the user, when it can't make sense of them. */
export function readArguments(args: readonly string[]): Arguments | 'help' {
  const { values } = parseArgs({
    // `pnpm demo -- --json` hands the dashes on.
    args: args.filter((arg) => arg !== '--'),
    options: {
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      sabotage: { type: 'string' },
      source: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const { json, keep, sabotage, source: broker = 'sqs' } = values;
  if (sabotage !== undefined && sabotage !== 'twice' && sabotage !== 'lose') {
    throw new TypeError(`--sabotage is "twice" or "lose", not "${sabotage}".`);
  }
  if (broker !== 'sqs' && broker !== 'salesforce' && broker !== 'eventstore' && broker !== 'http') {
    throw new TypeError(`--source is "sqs", "salesforce", "eventstore" or "http", not "${broker}".`);
  }
  if (values.source !== undefined && sabotage === undefined) {
    throw new TypeError('--source says whose event to spoil: it needs --sabotage.');
  }
  return { json, keep, sabotage: sabotage && { how: sabotage, broker } };
}
