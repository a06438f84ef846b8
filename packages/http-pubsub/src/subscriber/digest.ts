import { digestLength } from '../wire/stateless/requests.ts';

/**
 * The SHA-512 in a `Repr-Digest` header: `sha-512=<base64>` as lonelyps writes it, or `sha-512=:<base64>:` as RFC 9530 does,
 * beside others. Undefined: there is none.
 */
export function digestIn(header: string | undefined): Buffer | undefined {
  for (const entry of (header ?? '').split(',')) {
    const [, encoded] = /^\s*sha-512\s*=\s*:?([A-Za-z0-9+/]+=*):?\s*$/i.exec(entry) ?? [];
    const digest = Buffer.from(encoded ?? '', 'base64');
    if (digest.length === digestLength) return digest;
  }
  return undefined;
}
