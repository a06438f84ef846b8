/** One text of several, such that other parts never give the same one, whatever characters are in them. */
export function compositeKey(...parts: readonly string[]): string {
  return parts.map(encode).join('/');
}

/** `encodeURIComponent` throws on lone surrogates, which JSON text from outside may hold. No encoded text has a colon. */
function encode(part: string): string {
  return part.isWellFormed() ? encodeURIComponent(part) : `json:${encodeURIComponent(JSON.stringify(part))}`;
}
