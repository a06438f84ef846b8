import { httpPubsubError } from './errors.ts';

/**
 * Checks of options, each of which gives back what it was given. One that was left out passes; a wrong one throws
 * PUBSUB_OPTIONS, without showing what was given.
 */
export interface OptionChecks {
  /** Whole ones, as many as a timer takes at most. */
  milliseconds<T>(option: string, value: T, least: number, most?: number): T;
  wholeNumber<T>(option: string, value: T, least: number, most?: number): T;
  /** All of a group; the option is `group.name`, or the name alone without a group. */
  wholeNumbers<T extends object>(group: string, values: T, least: number, most?: number): T;
  oneOf<T>(option: string, value: T, allowed: readonly (T & string)[]): T;
  function(option: string, value: unknown): void;
  /** One that has to be there. */
  list(option: string, value: unknown): void;
  fail(problem: string): never;
}

/** Told to wait longer, `setTimeout` fires at once. */
export const longestTimer = 2 ** 31 - 1;

export function optionChecks(of: string): OptionChecks {
  function fail(problem: string): never {
    throw httpPubsubError('PUBSUB_OPTIONS', `${of}: ${problem}.`);
  }
  function demand<T>(option: string, value: T, holds: boolean, demanded: string): T {
    if (value !== undefined && !holds) fail(`"${option}" must be ${demanded}`);
    return value;
  }
  const isWhole = (value: unknown, least: number, most: number) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;

  function wholeNumber<T>(option: string, value: T, least: number, most = Number.MAX_SAFE_INTEGER): T {
    const demanded = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `from ${least}`;
    return demand(option, value, isWhole(value, least, most), `a whole number ${demanded}`);
  }

  return {
    milliseconds: (option, value, least, most = longestTimer) =>
      demand(option, value, isWhole(value, least, most), `whole milliseconds from ${least} to ${most}`),
    wholeNumber,
    wholeNumbers(group, values, least, most) {
      for (const [name, value] of Object.entries(values)) {
        wholeNumber(group === '' ? name : `${group}.${name}`, value, least, most);
      }
      return values;
    },
    oneOf: (option, value, allowed) =>
      demand(
        option,
        value,
        allowed.some((it) => it === value),
        allowed.map((it) => `"${it}"`).join(' or '),
      ),
    function: (option, value) => void demand(option, value, typeof value === 'function', 'a function'),
    list(option, value) {
      const holds = Array.isArray(value) && value.length > 0 && value.every((it) => typeof it === 'string');
      if (!holds) fail(`"${option}" must be a list of texts, with one at least`);
    },
    fail,
  };
}

/** Without what is undefined, so that it can stand over defaults. */
export function definedOf<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
