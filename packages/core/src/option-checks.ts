/** Checks of options. An option that was left out passes; a wrong one throws what `refuse` makes of the problem. */
export interface OptionChecks {
  /** Options themselves. */
  object(what: string, value: unknown): void;
  text(option: string, value: unknown): void;
  number(option: string, value: unknown, least: number): void;
  wholeNumber(option: string, value: unknown, least: number): void;
  /** Milliseconds of something that lasts, from 0 or from `least`. */
  milliseconds(
    option: string,
    value: unknown,
    bounds?: { readonly least?: number; readonly most?: number },
  ): void;
  oneOf(option: string, value: unknown, allowed: readonly string[]): void;
  function(option: string, value: unknown): void;
  functions(option: string, value: unknown): void;
  /** An object with these methods. */
  methods(option: string, value: unknown, names: readonly string[]): void;
}

/** Told to wait longer, about 24.8 days, `setTimeout` fires at once. */
const longestTimer = 2 ** 31 - 1;

export function optionChecks(refuse: (problem: string) => Error): OptionChecks {
  function demand(option: string, value: unknown, holds: boolean, demanded: string): void {
    if (value !== undefined && !holds) throw refuse(`"${option}" must be ${demanded}, not ${shown(value)}`);
  }

  return {
    object: (what, value) => {
      if (value !== undefined && !isObject(value))
        throw refuse(`${what} must be an object, not ${shown(value)}`);
    },
    text: (option, value) =>
      demand(option, value, typeof value === 'string' && value.trim() !== '', 'a text that is not blank'),
    number: (option, value, least) =>
      demand(option, value, Number.isFinite(value) && Number(value) >= least, `a number from ${least}`),
    wholeNumber: (option, value, least) =>
      demand(
        option,
        value,
        Number.isSafeInteger(value) && Number(value) >= least,
        `a whole number from ${least}`,
      ),
    milliseconds: (option, value, { least = 0, most = longestTimer } = {}) =>
      demand(
        option,
        value,
        typeof value === 'number' && value >= least && value <= most,
        `a number of milliseconds from ${least} to ${most}`,
      ),
    oneOf: (option, value, allowed) =>
      demand(
        option,
        value,
        allowed.some((it) => it === value),
        allowed.map((it) => `"${it}"`).join(' or '),
      ),
    function: (option, value) => demand(option, value, typeof value === 'function', 'a function'),
    functions: (option, value) =>
      demand(
        option,
        value,
        Array.isArray(value) && value.every((it) => typeof it === 'function'),
        'a list of functions',
      ),
    methods: (option, value, names) =>
      demand(
        option,
        value,
        isObject(value) && names.every((name) => typeof value[name] === 'function'),
        `an object with ${names.map((name) => `${name}()`).join(', ')}`,
      ),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What was given, in words: a text in the wrong place may be a secret. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.trim() === '' ? 'a blank text' : 'a text';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object';
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    default:
      return String(value);
  }
}
