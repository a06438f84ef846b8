import type { Headers, Incoming, Position } from '@millrace/core';
import { MillraceError } from '@millrace/core';
import type { RecordedEvent, ResolvedEvent } from '../client.ts';
import type { Held } from '../persistent/settle.ts';
import { headersOf } from './headers.ts';

/** The user's order key for an event. Undefined: it has no order. */
export type OrderKey = (event: RecordedEvent) => string | undefined;

/** Where an event stands, and what is ordered by. */
export interface Delivered {
  readonly channel: string;
  readonly position: Position | undefined;
  readonly deliveryCount?: number;
  readonly replayed?: boolean;
  /** Of a group. A map by event would cost more than this, as it outlives each of them. */
  readonly held?: Held;
  readonly order: 'stream' | OrderKey;
}

/**
 * An event as core takes it. A class for the sake of `raw`: only dead letters ask for it, and JSON made anew for each
 * event would cost more than all the rest.
 */
export class ReceivedEvent implements Incoming {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly headers: Headers;
  readonly failure: MillraceError | undefined;
  readonly key: string | undefined;
  readonly channel: string;
  readonly position: Position | undefined;
  readonly deliveryCount: number | undefined;
  readonly time: Date;
  readonly native: ResolvedEvent;
  readonly replayed: boolean | undefined;
  readonly held: Held | undefined;
  readonly #event: RecordedEvent;

  constructor(native: ResolvedEvent, event: RecordedEvent, delivered: Delivered) {
    this.id = event.id;
    this.type = event.type;
    this.data = isEmptyJson(event) ? undefined : event.data;
    this.headers = headersOf(native);
    this.channel = delivered.channel;
    this.position = delivered.position;
    this.deliveryCount = delivered.deliveryCount;
    this.time = event.created;
    this.native = native;
    this.replayed = delivered.replayed;
    this.held = delivered.held;
    this.#event = event;
    const ordered = keyOf(event, delivered);
    this.key = ordered.key;
    this.failure = unreadable(event) ?? ordered.failure;
  }

  /** The payload: of JSON its text made anew, for the client keeps only what it has parsed. */
  get raw(): string | Uint8Array {
    const { data, isJson } = this.#event;
    if (data instanceof Uint8Array) return data;
    if (typeof data === 'string' && isJson && (this.failure || data === '')) return data;
    return JSON.stringify(data) ?? '';
  }
}

function isEmptyJson({ isJson, data }: RecordedEvent): boolean {
  return isJson && data === '';
}

/**
 * The clients hand over JSON that they can't parse as the text it is, so a payload that is a JSON string can't be told
 * from it, unless the string itself is JSON.
 */
function unreadable(event: RecordedEvent): MillraceError | undefined {
  const { isJson, data } = event;
  if (!isJson || typeof data !== 'string' || data === '') return undefined;
  try {
    JSON.parse(data);
    return undefined;
  } catch (cause) {
    return undecodable(event, 'it is said to be JSON and is none', cause);
  }
}

function keyOf(
  event: RecordedEvent,
  { order }: Delivered,
): { readonly key: string | undefined; readonly failure?: MillraceError } {
  if (order === 'stream') return { key: event.streamId };
  try {
    return { key: order(event) };
  } catch (cause) {
    return { key: undefined, failure: undecodable(event, '`order` failed on it', cause) };
  }
}

function undecodable({ streamId, revision }: RecordedEvent, why: string, cause: unknown): MillraceError {
  return new MillraceError(
    'PAYLOAD_UNDECODABLE',
    `Event ${revision} of "${streamId}" can't be decoded: ${why}.`,
    { cause },
  );
}
