/**
 * JSON that also carries bytes, dates, bigints, undefined and the numbers JSON lacks. Such a value is an object with
 * one key that starts with `$`; a `$` at the start of a real key is doubled. Plain data looks as in any JSON.
 */
export function stringifyTagged(value: unknown): string {
  return JSON.stringify(tag(value, []));
}

export function parseTagged(text: string): unknown {
  return untag(JSON.parse(text));
}

/** Whether `stringifyTagged` takes the value and `parseTagged` gives back the same. */
export function isCarriable(value: unknown): boolean {
  try {
    tag(value, []);
    return true;
  } catch {
    return false;
  }
}

/** Deeper data is refused in writing, so that reading can't run out of stack. */
const maxDepth = 256;

function tag(value: unknown, ancestors: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? '-0' : String(value) };
    case 'bigint':
      return { $bigint: String(value) };
    case 'undefined':
      return { $undefined: true };
    case 'object':
      return value === null ? null : tagObject(value, ancestors);
    default:
      throw new TypeError(`A ${typeof value} can't be kept as JSON.`);
  }
}

function tagObject(value: object, ancestors: readonly object[]): unknown {
  if (value instanceof Uint8Array) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  if (value instanceof Date) return { $date: value.getTime() };
  if (ancestors.includes(value)) throw new TypeError("A value that contains itself can't be kept as JSON.");
  if (ancestors.length >= maxDepth)
    throw new RangeError(`Data nested deeper than ${maxDepth} can't be kept as JSON.`);
  const within = [...ancestors, value];
  if (Array.isArray(value)) return Array.from(value, (item) => tag(item, within));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TypeError(`A ${value.constructor.name} can't be kept as JSON.`);
  }
  return mapObject(
    value,
    (key) => (key.startsWith('$') ? `$${key}` : key),
    (item) => tag(item, within),
  );
}

function untag(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(untag);
  const [only, ...others] = Object.entries(value);
  if (only !== undefined && others.length === 0 && only[0].startsWith('$') && !only[0].startsWith('$$')) {
    return untagged(only[0], only[1]);
  }
  return mapObject(value, (key) => (key.startsWith('$$') ? key.slice(1) : key), untag);
}

function untagged(name: string, content: unknown): unknown {
  switch (name) {
    case '$number':
      return Number(content);
    case '$bigint':
      return BigInt(String(content));
    case '$undefined':
      return undefined;
    case '$bytes':
      return new Uint8Array(Buffer.from(String(content), 'base64'));
    case '$date':
      return new Date(content === null ? Number.NaN : Number(content));
    default:
      throw new SyntaxError(`${name} is not a tag that this version knows.`);
  }
}

/** `Object.fromEntries` defines properties, so a key named `__proto__` stays a key. */
function mapObject(value: object, key: (name: string) => string, item: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [key(name), item(content)]));
}
