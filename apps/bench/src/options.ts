import { parseArgs } from 'node:util';

export interface Options {
  /** Only results whose id starts with it. */
  readonly prefix: string;
  readonly json: boolean;
  /** File for every single sample. */
  readonly raw: string | undefined;
  /** Instead of each suite's own numbers. */
  readonly samples: number | undefined;
  readonly messages: number | undefined;
  /** Rounds before those that count. */
  readonly warmUps: number | undefined;
}

export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      raw: { type: 'string' },
      samples: { type: 'string' },
      messages: { type: 'string' },
      'warm-ups': { type: 'string' },
    },
  });
  if (positionals.length > 1) throw new Error(`One prefix of ids at most, not ${positionals.length}.`);
  return {
    prefix: positionals[0] ?? '',
    json: values.json,
    raw: values.raw,
    samples: whole('--samples', values.samples),
    messages: whole('--messages', values.messages),
    warmUps: whole('--warm-ups', values['warm-ups'], 0),
  };
}

function whole(name: string, text: string | undefined, least = 1): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new Error(`${name} takes a whole number from ${least}, not "${text}".`);
}
