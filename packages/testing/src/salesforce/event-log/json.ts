/** Part of what engines have and TypeScript's library does not declare yet (proposal "JSON.parse source text access"). */
interface ExactJson {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
}

const exactJson = JSON as unknown as ExactJson;

/** Like JSON.parse, but integers that a double can't hold become bigints. Throws a SyntaxError. */
export function parseJson(text: string): unknown {
  return exactJson.parse(text, (_key, value, { source }) =>
    typeof value === 'number' &&
    source !== undefined &&
    !Number.isSafeInteger(value) &&
    /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  );
}

/** An integer that JSON.stringify writes with all its digits. */
export function exactInteger(value: bigint): unknown {
  const rounded = Number(value);
  return Number.isSafeInteger(rounded) ? rounded : exactJson.rawJSON(value.toString());
}

/** The fields, ready for JSON.stringify, which throws on bigints. */
export function exactFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!Object.values(fields).some((value) => typeof value === 'bigint')) return fields;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? exactInteger(value) : value,
    ]),
  );
}
