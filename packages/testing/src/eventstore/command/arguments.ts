import { parseArgs } from 'node:util';
import type { EventStoreServerOptions } from '../options.ts';

export const usage = `Usage: millrace-eventstore [options]

Runs a server for clients of KurrentDB on 127.0.0.1 until SIGTERM or SIGINT. What it is told is gone when it ends.

  --port <number>          of the first node; 0: a free one (default 2113)
  --nodes <number>         of the cluster; the first is the leader (default 1)
  --client <name>          the installed client that has the protocol: kurrent or eventstore (default kurrent)
  --stream-cap <number>    calls at the same time on a connection (default 100)
  --no-projections         no streams of links by category and by event type
  --json                   prints one line of JSON instead of text
  --help
`;

/** What a command line asks for. */
export interface CommandLine {
  readonly options: EventStoreServerOptions;
  readonly json: boolean;
}

/** Throws an error with a sentence for the user when the arguments make no sense. */
export function readArguments(args: readonly string[]): CommandLine | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      nodes: { type: 'string' },
      client: { type: 'string' },
      'stream-cap': { type: 'string' },
      'no-projections': { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const { client = 'kurrent' } = values;
  if (client !== 'kurrent' && client !== 'eventstore') {
    throw new TypeError(`--client takes kurrent or eventstore, not "${client}".`);
  }
  const nodes = readNumber('--nodes', values.nodes);
  const streamCap = readNumber('--stream-cap', values['stream-cap']);
  return {
    options: {
      client,
      port: readNumber('--port', values.port) ?? 2113,
      projections: !values['no-projections'],
      ...(nodes !== undefined && { nodes }),
      ...(streamCap !== undefined && { streamCap }),
    },
    json: values.json ?? false,
  };
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new TypeError(`${name} takes a whole number, not "${text}".`);
  return Number(text);
}
