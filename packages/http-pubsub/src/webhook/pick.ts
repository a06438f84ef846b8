/** Where something is in a payload: a path such as `detail.type`, or a function of the payload. */
export type From<T> = string | ((payload: unknown) => T);

/** Throws what the user's function throws. */
export function pick(payload: unknown, from: From<unknown>): unknown {
  if (typeof from === 'function') return from(payload);
  let found = payload;
  for (const key of from.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}

/** The date that a text, or milliseconds since 1970, stand for. */
export function dateOf(value: unknown): Date | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
