/** An `error` field, `code:args:text`, taken apart. */
export interface ErrorField {
  /** Such as 401. Undefined when the text does not begin with one, such as in `SERVER_UNAVAILABLE`. */
  readonly code: number | undefined;
  readonly args: readonly string[];
  readonly text: string;
  /** As it came. */
  readonly raw: string;
}

/**
 * The grammar is `code ":" args ":" text`, args separated by commas (Bayeux 1.0, section 4.10). Salesforce's texts
 * contain colons and braces themselves, so only the first two colons count; some of its errors have one colon or none.
 */
export function parseErrorField(raw: string): ErrorField {
  const [, code, rest = ''] = /^(\d{3})(?:[:\s]([\s\S]*))?$/.exec(raw) ?? [];
  if (code === undefined) return { code: undefined, args: [], text: raw, raw };
  const colon = raw[3] === ':' ? rest.indexOf(':') : -1;
  const args = rest.slice(0, Math.max(colon, 0));
  return {
    code: Number(code),
    args: args === '' ? [] : args.split(','),
    text: rest.slice(colon + 1).trim(),
    raw,
  };
}
