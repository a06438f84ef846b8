import { inspect } from 'node:util';

/**
 * A received value as text, for dead letters: JSON, with big integers as texts of digits and bytes in Base64. Never
 * fails, because an event that can't be written down could not be given up on either.
 */
export function toText(value: unknown): string {
  try {
    return JSON.stringify(value, plain) ?? String(value);
  } catch {
    return inspect(value, { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity });
  }
}

/** `this[key]`, because of Buffer, which turns itself into an object of numbers before `value` gets here. */
function plain(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  const original = this[key];
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value;
}
