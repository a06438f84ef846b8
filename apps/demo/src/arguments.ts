import { parseArgs } from 'node:util';
import type { SabotageWish } from './demo.ts';

export interface Arguments {
  /** One line of JSON on standard output, everything else on standard error. */
  readonly json: boolean;
  readonly sabotage: SabotageWish | undefined;
  /** Leaves the database and the workers' logs where they are. */
  readonly keep: boolean;
  /** With the relay: on a Kafka of its own (`own`), or on one that runs at `host:port`. */
  readonly kafka: string | undefined;
}

export const usage = `Usage: pnpm demo [--json] [--keep] [--kafka[=host:port]] [--sabotage=twice|lose [--source=sqs|salesforce|eventstore|http]]

  --json       print one line of JSON with the counts; the story goes to standard error
  --keep       keep the database and the logs of the workers, and say where they are
  --kafka      relay events of a service desk into a topic of Apache Kafka, which is started for it (with
               Java 17 and Maven) unless you say where one runs
  --sabotage   make a worker misbehave with one event, to see that the books tell:
               "twice" writes its effect twice, "lose" says it is done and writes nothing
  --source     whose event that is: "sqs" unless you say "salesforce", "eventstore" or "http"`;

/** Throws, in words for the user, when it can't make sense of them. */
export function readArguments(args: readonly string[]): Arguments | 'help' {
  const { values } = parseArgs({
    args: withAddress(args),
    options: {
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      kafka: { type: 'string' },
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
  if (values.kafka !== undefined && values.kafka !== 'own' && !isAddress(values.kafka)) {
    throw new TypeError(`--kafka takes the address of a broker, host:port, not "${values.kafka}".`);
  }
  return { json, keep, kafka: values.kafka, sabotage: sabotage && { how: sabotage, broker } };
}

/** `--kafka` may stand alone, and with an address behind it or a space. */
function withAddress(args: readonly string[]): string[] {
  // `pnpm demo -- --json` hands the dashes on.
  const given = args.filter((arg) => arg !== '--');
  return given.flatMap((arg, index) => {
    if (arg === '--kafka') return isAddress(given[index + 1]) ? [arg] : ['--kafka=own'];
    return [arg];
  });
}

function isAddress(text: string | undefined): boolean {
  return /^[^\s:-][^\s:]*:\d{1,5}$/.test(text ?? '');
}
