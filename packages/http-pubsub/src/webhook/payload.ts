import type { HttpPubsubError } from '../errors.ts';
import { failureOf } from './failure.ts';

export type PayloadFormat = 'json' | 'text' | 'bytes';

/** A payload read, or why it can't be; never with a piece of it. */
export type Payload = { readonly data: unknown } | { readonly failure: HttpPubsubError };

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function readPayload(raw: Uint8Array, format: PayloadFormat): Payload {
  if (format === 'bytes') return { data: raw };
  const text = readText(raw);
  if (text === undefined) return undecodable('it is not UTF-8');
  return format === 'text' ? { data: text } : readJson(text);
}

export function readText(raw: Uint8Array): string | undefined {
  try {
    return utf8.decode(raw);
  } catch {
    return undefined;
  }
}

export function readJson(text: string): Payload {
  try {
    return { data: parseJson(text) };
  } catch (error) {
    // The engine's own message quotes the payload.
    const position = /at position \d+/.exec(String(error))?.[0];
    return undecodable(`it is not JSON${position ? `, ${position}` : ''}`);
  }
}

export function undecodable(problem: string): { readonly failure: HttpPubsubError } {
  return { failure: failureOf(problem) };
}

/** The name itself, or a letter of it written as an escape. */
const mayNamePrototype = /__proto__|\\u00(?:5f|6f|7[024])/i;

/** A key `__proto__` does harm when somebody merges the object, so it is left out. */
function parseJson(text: string): unknown {
  if (!mayNamePrototype.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
}
