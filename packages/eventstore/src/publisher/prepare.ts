import { eventstoreError } from '../errors.ts';
import type { AppendEvent } from './append-client.ts';
import type { OutgoingEvent } from './event.ts';
import { toEventId } from './event-id.ts';

/** An event as it is sent. */
export interface Prepared {
  readonly event: AppendEvent;
  /** Bytes of data and metadata. */
  readonly size: number;
}

export interface EventLimits {
  /** Bytes. */
  readonly maxEventSize: number;
  readonly randomUUID: () => string;
}

const nil = '00000000-0000-0000-0000-000000000000';

/** Throws EVENTSTORE_EVENT_INVALID for what the server would refuse or the client would choke on. */
export function prepare(outgoing: OutgoingEvent, { maxEventSize, randomUUID }: EventLimits): Prepared {
  const { type, data, headers } = outgoing;
  const id = toEventId(outgoing.id ?? randomUUID());
  const refuse = (reason: string, cause?: unknown) =>
    eventstoreError(
      'EVENTSTORE_EVENT_INVALID',
      `Event "${type}" (${id}) can't be published: ${reason}.`,
      cause,
    );
  const jsonSize = (what: string, value: unknown): number => {
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch (error) {
      throw refuse(`its ${what} can not be written as JSON`, error);
    }
    if (text === undefined) throw refuse(`JSON has nothing for its ${what}`);
    return Buffer.byteLength(text);
  };

  if (type.trim() === '') throw refuse('its `type` is blank');
  if (id === nil) throw refuse('the server takes no event with the nil UUID');
  // To who reads it with a client, it would look like JSON that is broken: such data come as the text they are.
  if (typeof data === 'string') throw refuse('its data are a bare text; put it into an object');
  const bytes = data instanceof Uint8Array;
  const size =
    (bytes ? data.byteLength : jsonSize('data', data)) +
    (headers === undefined ? 0 : jsonSize('headers', headers));
  if (size > maxEventSize) {
    throw refuse(
      `it has ${size} bytes with its headers, and ${maxEventSize} is the most. Publish less, or put the payload elsewhere and publish where it is`,
    );
  }
  return {
    event: {
      id,
      type,
      contentType: bytes ? 'application/octet-stream' : 'application/json',
      data,
      metadata: headers && { ...headers },
    },
    size,
  };
}
