import { isUtf8 } from 'node:buffer';

/** A payload read, or in a few words why it can't be; never with a piece of it. */
export type Payload = { readonly data: unknown } | { readonly problem: string };

export function readPayload(value: Buffer | null, format: 'json' | 'text' | 'bytes'): Payload {
  if (value === null) return { data: null };
  if (format === 'bytes') return { data: value };
  const text = textIn(value);
  if (text === undefined) return { problem: 'its value is not text in UTF-8' };
  return format === 'text' ? { data: text } : readJson(text);
}

function readJson(text: string): Payload {
  if (text === '') return { problem: 'its value is empty' };
  try {
    return { data: parseJson(text) };
  } catch (error) {
    // The engine's own message quotes the payload.
    const position = /at position \d+/.exec(String(error))?.[0];
    return { problem: `its value is not JSON${position ? `, ${position}` : ''}` };
  }
}

/** A letter of the name written as an escape. */
const mayNamePrototype = /\\u00(?:5f|6f|7[024])/i;

/** An own property `__proto__` is harmless until somebody merges the object; so it is left out. */
function parseJson(text: string): unknown {
  const harmless = !text.includes('__proto__') && !(text.includes('\\u00') && mayNamePrototype.test(text));
  if (harmless) return JSON.parse(text);
  return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
}

/** Undefined: the bytes are no text in UTF-8. */
export function textIn(bytes: Buffer): string | undefined {
  // Without an argument it has no encoding to look up, and there are several of these for each record.
  const text = bytes.toString();
  // What is no text becomes this sign, which a text may hold as well: the second look is seldom needed.
  return text.includes('\uFFFD') && !isUtf8(bytes) ? undefined : text;
}
