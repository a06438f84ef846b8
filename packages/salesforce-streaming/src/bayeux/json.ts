type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

// TypeScript's library does not know the reviver's third argument and `rawJSON` yet; Node does since 21.
// https://github.com/tc39/proposal-json-parse-with-source
const json = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  stringify(value: unknown, replacer: (key: string, value: unknown) => unknown): string;
  rawJSON(text: string): unknown;
};

/** 2^53 has sixteen digits. May also find one inside a text, which only costs time. */
const longInteger = /[:,[]\s*-?\d{16}/;

/** JSON in which integers beyond 2^53 become bigints instead of losing digits. */
export function parseJson(text: string): unknown {
  // A reviver makes parsing several times slower, and nearly no reply needs it.
  return longInteger.test(text) ? json.parse(text, reviveInteger) : (JSON.parse(text) as unknown);
}

function reviveInteger(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** JSON in which bigints are integers. */
export function writeJson(value: unknown): string {
  return json.stringify(value, (_key, value) =>
    typeof value === 'bigint' ? json.rawJSON(String(value)) : value,
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
