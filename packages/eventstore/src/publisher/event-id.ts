import { createHash } from 'node:crypto';

/** Ids of ours are names in a namespace of their own; any UUID does, if it never changes. */
const namespace = '943d2bfb-17d9-41db-8bb1-ee72d09149be';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The UUID for an id: a UUID stays what it is, another text becomes a name-based one of version 5.
 * https://www.rfc-editor.org/rfc/rfc9562#section-5.5
 */
export function toEventId(id: string): string {
  if (uuid.test(id)) return id.toLowerCase();
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(id)
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const text = hash.toString('hex', 0, 16);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    '-',
  );
}
