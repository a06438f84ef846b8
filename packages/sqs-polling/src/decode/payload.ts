/** A payload read, or in a few words why it can't be; never with a piece of it. */
export type Payload = { readonly data: unknown } | { readonly problem: string };

export function readPayload(text: string, format: 'json' | 'text' | 'base64'): Payload {
  if (text === '') return { problem: 'the body is empty' };
  if (format === 'text') return { data: text };
  return format === 'json' ? readJson(text) : readBase64(text);
}

export function readJson(text: string): Payload {
  try {
    return { data: parseJson(text) };
  } catch (error) {
    // The engine's own message quotes the payload.
    const position = /at position \d+/.exec(String(error))?.[0];
    return { problem: `the body is not JSON${position ? `, ${position}` : ''}` };
  }
}

/** The name itself, or a letter of it written as an escape. */
const mayNamePrototype = /__proto__|\\u00(?:5f|6f|7[024])/i;

/**
 * A key `__proto__` is an own property after JSON.parse, harmless until somebody merges the object; so it is left
 * out. Only a text that may hold one pays for the slower way.
 */
function parseJson(text: string): unknown {
  if (!mayNamePrototype.test(text)) return JSON.parse(text);
  return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
}

function readBase64(text: string): Payload {
  const bytes = Buffer.from(text, 'base64');
  // Buffer reads over what it does not know.
  return bytes.toString('base64') === text ? { data: bytes } : { problem: 'the body is not Base64' };
}
