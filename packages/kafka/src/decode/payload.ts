import { isUtf8 } from 'node:buffer';

/** A payload read, or in a few words why it can't be; never with a piece of it. */
export type Payload = { readonly data: unknown } | { readonly problem: string };

export function readPayload(value: Uint8Array | null, format: 'json' | 'text' | 'bytes'): Payload {
  if (value === null) return { data: null };
  if (format === 'bytes') return { data: value };
  if (!isUtf8(value)) return { problem: 'its value is not text in UTF-8' };
  const text = textOf(value);
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

/** The name itself, or a letter of it written as an escape. */
const mayNamePrototype = /__proto__|\\u00(?:5f|6f|7[024])/i;

/** An own property `__proto__` is harmless until somebody merges the object; so it is left out. */
function parseJson(text: string): unknown {
  if (!mayNamePrototype.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
