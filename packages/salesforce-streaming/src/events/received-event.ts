import type { Headers, Incoming, MillraceError, Position } from '@millrace/core';
import type { Arrival } from '../transport.ts';
import type { CustomizedEvent } from './customize.ts';
import { toText } from './raw.ts';

/** Where an event stands. */
export interface Place {
  /** The channel as its marker is kept under. */
  readonly channel: string;
  readonly position: Position;
  readonly orgId: string;
}

/**
 * An event as core takes it. A class for the sake of `raw`: only dead letters ask for it, a text for each event would
 * cost more than all the rest, and so would a getter of each object's own.
 */
export class ReceivedEvent implements Incoming {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly headers: Headers;
  readonly failure: MillraceError | undefined;
  readonly key: string | undefined;
  readonly channel: string;
  readonly position: Position;
  readonly time: Date | undefined;
  readonly native: unknown;
  readonly #arrival: Arrival;

  constructor(
    arrival: Arrival,
    { channel, position }: Place,
    { event, key }: CustomizedEvent,
    failure?: MillraceError,
  ) {
    this.id = event.id;
    this.type = event.type;
    this.data = event.data;
    this.headers = event.headers;
    this.failure = failure;
    this.key = key;
    this.channel = channel;
    this.position = position;
    this.time = event.time;
    this.native = arrival.native;
    this.#arrival = arrival;
  }

  get raw(): string {
    const { data, failure, native } = this.#arrival;
    // Where the data is not all that came, the transport's message is.
    return toText(failure || !data ? (native ?? data) : data);
  }
}
