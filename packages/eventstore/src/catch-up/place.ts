import type { ResolvedEvent } from '../client.ts';
import type { Cursor, CursorKind } from '../cursor.ts';
import type { Feed } from '../options.ts';

export function kindOf(feed: Feed): CursorKind {
  return feed.kind === 'all' ? 'position' : 'revision';
}

/** Where the record stands in what was subscribed to: of an event reached by a link, the link's place. Undefined: the server does not tell. */
export function placeOf(feed: Feed, { event, link, commitPosition }: ResolvedEvent): Cursor | undefined {
  const record = link ?? event;
  if (feed.kind === 'stream') return record && { kind: 'revision', after: record.revision };
  if (record?.position) return { kind: 'position', after: record.position };
  if (commitPosition === undefined) return undefined;
  return { kind: 'position', after: { commit: commitPosition, prepare: commitPosition } };
}
