import type { Position } from '@millrace/core';
import { toPosition } from '@millrace/core';

/** Where reading a channel has got to. */
export interface Place {
  /** The event after which to go on; undefined when there was none yet. */
  readonly cursor?: string | undefined;
  /** What is dated before is not wanted, in milliseconds since 1970: reading began then, or was told to. */
  readonly since?: number | undefined;
}

export type TransportName = 'bayeux' | 'pubsub';

/** Each transport has ids of its own for the same event, which do not tell where they come from. */
const prefixes = { bayeux: 'b', pubsub: 'p' } as const;
const cursors = { bayeux: '\\d+', pubsub: '[\\w-]+' } as const;

/**
 * The place as text for a replay marker: `b:<replay id>`, `p:<replay id in base64url>`. Of a channel without an event
 * so far it is `b:since:<ms>`, and `b:<replay id>:since:<ms>` while events dated before are still being left out.
 */
export function formatPosition(transport: TransportName, { cursor, since }: Place): Position {
  const parts = [prefixes[transport], ...(cursor === undefined ? [] : [cursor])];
  return toPosition([...parts, ...(since === undefined ? [] : ['since', since])].join(':'));
}

/** Undefined: no position of this transport. */
export function parsePosition(transport: TransportName, text: string): Place | undefined {
  const pattern = new RegExp(`^${prefixes[transport]}(?::(${cursors[transport]}))?(?::since:(\\d{1,16}))?$`);
  const [, cursor, since] = pattern.exec(text) ?? [];
  if (cursor === undefined && since === undefined) return undefined;
  return { cursor, since: since === undefined ? undefined : Number(since) };
}

/** The transport that the position is of, if of any: to say why it can't be used. */
export function transportOf(text: string): TransportName | undefined {
  if (parsePosition('bayeux', text)) return 'bayeux';
  return parsePosition('pubsub', text) ? 'pubsub' : undefined;
}
