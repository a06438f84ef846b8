import { parseJson } from '../event-log/json.ts';

/** A message of a client, as far as it is understood. */
export interface ClientMessage {
  readonly channel: string;
  readonly id?: string;
  readonly clientId?: string;
  readonly connectionType?: unknown;
  readonly supportedConnectionTypes?: unknown;
  readonly subscription?: unknown;
  readonly advice?: { readonly timeout?: unknown };
  readonly ext?: { readonly replay?: unknown };
}

export interface Advice {
  readonly reconnect: 'retry' | 'handshake' | 'none';
  /** Milliseconds. */
  readonly interval?: number;
  readonly timeout?: number;
}

/** A message of the server: a reply, or an event. */
export interface ServerMessage {
  readonly channel: string;
  readonly id?: string;
  readonly successful?: boolean;
  readonly error?: string;
  readonly advice?: Advice;
  readonly data?: unknown;
  readonly [field: string]: unknown;
}

export type MetaKind = 'handshake' | 'connect' | 'subscribe' | 'unsubscribe' | 'disconnect';

const metaKinds: ReadonlySet<string> = new Set<MetaKind>([
  'handshake',
  'connect',
  'subscribe',
  'unsubscribe',
  'disconnect',
]);

export function metaKind({ channel }: { readonly channel: string }): MetaKind | undefined {
  const kind = channel.startsWith('/meta/') ? channel.slice('/meta/'.length) : '';
  return metaKinds.has(kind) ? (kind as MetaKind) : undefined;
}

/** The messages of a body; undefined when it isn't JSON or holds something else. A single one may stand without the array. */
export function parseMessages(body: Buffer): readonly ClientMessage[] | undefined {
  try {
    const parsed: unknown = parseJson(body.toString());
    const messages: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    return messages.every(isMessage) ? messages : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): value is ClientMessage {
  return (
    typeof value === 'object' && value !== null && 'channel' in value && typeof value.channel === 'string'
  );
}

/** A reply starts with what it answers. */
export function replyTo({ channel, id }: ClientMessage): { readonly channel: string; readonly id?: string } {
  return { channel, ...(id !== undefined && { id }) };
}
