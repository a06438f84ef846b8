import type { Incoming, Position } from '@millrace/core';
import { isMillraceError, MillraceError } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import type { Arrival } from '../transport.ts';
import type { CustomizedEvent } from './customize.ts';
import { customize } from './customize.ts';
import type { EventOptions } from './options.ts';
import { toText } from './raw.ts';
import { readEvent } from './read-event.ts';

/** Where an event stands. */
export interface Place {
  /** The channel as its marker is kept under. */
  readonly channel: string;
  readonly position: Position;
  readonly orgId: string;
}

/** Makes an event for core of what a transport received. What can't be read becomes an event with a `failure`. */
export function toIncoming(arrival: Arrival, place: Place, options: EventOptions): Incoming {
  const event = readEvent(arrival, place.orgId);
  const failure = failureOf(arrival, event.problem);
  if (failure) return build(arrival, place, { event, key: undefined }, failure);
  try {
    return build(arrival, place, customize(event, options));
  } catch (cause) {
    const thrown = new MillraceError(
      'PAYLOAD_UNDECODABLE',
      `${nameOf(arrival)} can't be decoded: \`decode\` or \`order\` failed on it.`,
      { cause },
    );
    return build(arrival, place, { event, key: undefined }, thrown);
  }
}

function build(
  arrival: Arrival,
  { channel, position }: Place,
  { event, key }: CustomizedEvent,
  failure?: MillraceError,
): Incoming {
  return {
    id: event.id,
    type: event.type,
    data: event.data,
    headers: event.headers,
    // Only dead letters ask for it: a text for each event would cost more than all the rest of this.
    get raw() {
      return rawOf(arrival);
    },
    failure,
    key,
    channel,
    position,
    time: event.time,
    native: arrival.native,
  };
}

/** Where the data is not all that came, the transport's message is. */
function rawOf({ data, failure, native }: Arrival): string {
  return toText(failure || !data ? (native ?? data) : data);
}

function failureOf(arrival: Arrival, problem: string | undefined): MillraceError | undefined {
  const { failure } = arrival;
  if (isMillraceError(failure)) return failure;
  if (failure) {
    const message = `${nameOf(arrival)} can't be decoded: ${failure.message}`;
    return new MillraceError('PAYLOAD_UNDECODABLE', message, { cause: failure });
  }
  if (problem === undefined) return undefined;
  return salesforceError('SALESFORCE_EVENT_INVALID', `${nameOf(arrival)} is none: ${problem}.`);
}

function nameOf({ channel, cursor }: Arrival): string {
  return `Event ${cursor} of ${channel}`;
}
