/**
 * The SHA-512 in a `Repr-Digest`, 64 bytes: as lonelyps writes it, bare, or between colons as RFC 9530 wants it. Undefined:
 * there is none.
 */
export function digestOf(header: string | undefined): Buffer | undefined {
  for (const entry of (header ?? '').split(',')) {
    const [, value] = /^\s*sha-512=:?([A-Za-z0-9+/]{86}={0,2}):?\s*$/.exec(entry) ?? [];
    if (value !== undefined) return Buffer.from(value, 'base64');
  }
  return undefined;
}
