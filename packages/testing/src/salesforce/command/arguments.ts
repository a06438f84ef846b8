import { parseArgs } from 'node:util';
import type { SalesforceEmulatorOptions } from '../emulator.ts';

export const usage = `Usage: millrace-salesforce [options]

Runs an emulated Salesforce org on 127.0.0.1 until SIGTERM or SIGINT.

  --port <number>             0: a free one (default 0)
  --channels <names>          separated by commas, such as /event/Order__e,/topic/Open,/data/AccountChangeEvent
  --time-scale <number>       makes holds and expiries so many times shorter (default 1)
  --seed <number>             of everything that is drawn (default 1)
  --random-faults <number>    one request in so many goes wrong (default: none)
  --fault-seed <number>       of what goes wrong (default: a new one, which is printed)
  --rotate-refresh-tokens     a refresh token is good once
  --chunk-bytes <number>      replies come in chunks of up to so many bytes (default 0: whole)
  --gzip                      compresses for clients that accept it
  --json                      prints one line of JSON instead of text
  --help
`;

/** What a command line asks for. */
export interface CommandLine {
  readonly options: SalesforceEmulatorOptions;
  readonly randomFaults: { readonly every: number; readonly seed?: number } | undefined;
  readonly json: boolean;
}

/** Throws an error with a sentence for the user when the arguments make no sense. */
export function readArguments(args: readonly string[]): CommandLine | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      channels: { type: 'string' },
      'time-scale': { type: 'string' },
      seed: { type: 'string' },
      'random-faults': { type: 'string' },
      'fault-seed': { type: 'string' },
      'rotate-refresh-tokens': { type: 'boolean' },
      'chunk-bytes': { type: 'string' },
      gzip: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const port = readNumber('--port', values.port);
  const timeScale = readNumber('--time-scale', values['time-scale']);
  const seed = readNumber('--seed', values.seed);
  const chunkBytes = readNumber('--chunk-bytes', values['chunk-bytes']);
  const every = readNumber('--random-faults', values['random-faults']);
  const faultSeed = readNumber('--fault-seed', values['fault-seed']);
  if (every === undefined && faultSeed !== undefined) {
    throw new TypeError('--fault-seed is of use only with --random-faults.');
  }
  const channels = (values.channels ?? '').split(',').filter((name) => name !== '');
  return {
    options: {
      channels: Object.fromEntries(channels.map((name) => [name, {}])),
      rotateRefreshTokens: values['rotate-refresh-tokens'] ?? false,
      gzip: values.gzip ?? false,
      ...(port !== undefined && { port }),
      ...(timeScale !== undefined && { timeScale }),
      ...(seed !== undefined && { seed }),
      ...(chunkBytes !== undefined && { chunkBytes }),
    },
    randomFaults:
      every === undefined ? undefined : { every, ...(faultSeed !== undefined && { seed: faultSeed }) },
    json: values.json ?? false,
  };
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new TypeError(`${name} takes a number, not "${text}".`);
  return value;
}
