import { randomUUID } from 'node:crypto';
import type { LogPosition, ProposedEvent } from './store/recorded-event.ts';
import { linkType } from './store/recorded-event.ts';

/** An event that a test writes. */
export interface NewEvent {
  readonly type: string;
  /**
   * Bytes are written as they are, anything else as JSON.
   * @default {}
   */
  readonly data?: unknown;
  /** As `data`. */
  readonly metadata?: unknown;
  /**
   * A UUID.
   * @default a random one
   */
  readonly id?: string;
  /**
   * Whether the content type is JSON, whatever the bytes are: `json: true` with bytes that are none makes a poisoned event.
   * @default true unless `data` is bytes
   */
  readonly json?: boolean;
}

/** What became of a write. */
export interface Written {
  /** Of the last event. */
  readonly revision: bigint;
  readonly position: LogPosition | undefined;
}

export function proposedFrom({
  type,
  data = {},
  metadata,
  id = randomUUID(),
  json,
}: NewEvent): ProposedEvent {
  return {
    id,
    type,
    json: json ?? !(data instanceof Uint8Array),
    data: bytesOf(data),
    metadata: metadata === undefined ? new Uint8Array() : bytesOf(metadata),
  };
}

/** A link to an event: it needs not exist. */
export function linkTo(stream: string, revision: bigint): NewEvent {
  return { type: linkType, data: Buffer.from(`${revision}@${stream}`), json: false };
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
}
