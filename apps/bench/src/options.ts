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
    },
  });
  if (positionals.length > 1) throw new Error(`One prefix of ids at most, not ${positionals.length}.`);
  return {
    prefix: positionals[0] ?? '',
    json: values.json,
    raw: values.raw,
    samples: whole('--samples', values.samples),
    messages: whole('--messages', values.messages),
  };
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`${name} takes a whole number from 1, not "${text}".`);
}
