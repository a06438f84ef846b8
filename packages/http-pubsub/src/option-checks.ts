import { httpPubsubError } from './errors.ts';

/** Checks of options. One that was left out passes; a wrong one throws PUBSUB_OPTIONS, without showing what was given. */
export interface OptionChecks {
  milliseconds(option: string, value: unknown, least: number, most?: number): void;
  wholeNumber(option: string, value: unknown, least: number): void;
  oneOf(option: string, value: unknown, allowed: readonly string[]): void;
  function(option: string, value: unknown): void;
  /** One that has to be there. */
  list(option: string, value: unknown): void;
  fail(problem: string): never;
}

/** Told to wait longer, `setTimeout` fires at once. */
const longestTimer = 2 ** 31 - 1;

export function optionChecks(of: string): OptionChecks {
  function fail(problem: string): never {
    throw httpPubsubError('PUBSUB_OPTIONS', `${of}: ${problem}.`);
  }
  function demand(option: string, value: unknown, holds: boolean, demanded: string): void {
    if (value !== undefined && !holds) fail(`"${option}" must be ${demanded}`);
  }
  const isWhole = (value: unknown, least: number, most: number) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;

  return {
    milliseconds: (option, value, least, most = longestTimer) =>
      demand(option, value, isWhole(value, least, most), `whole milliseconds from ${least} to ${most}`),
    wholeNumber: (option, value, least) =>
      demand(option, value, isWhole(value, least, Number.MAX_SAFE_INTEGER), `a whole number from ${least}`),
    oneOf: (option, value, allowed) =>
      demand(
        option,
        value,
        allowed.some((it) => it === value),
        allowed.map((it) => `"${it}"`).join(' or '),
      ),
    function: (option, value) => demand(option, value, typeof value === 'function', 'a function'),
    list(option, value) {
      const holds = Array.isArray(value) && value.length > 0 && value.every((it) => typeof it === 'string');
      if (!holds) fail(`"${option}" must be a list of texts, with one at least`);
    },
    fail,
  };
}
