import type { Incoming } from '@millrace/core';
import { isMillraceError, MillraceError } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import type { Arrival } from '../transport.ts';
import { customize } from './customize.ts';
import type { EventOptions } from './options.ts';
import { readEvent } from './read-event.ts';
import type { Place } from './received-event.ts';
import { ReceivedEvent } from './received-event.ts';

/** Makes an event for core of what a transport received. What can't be read becomes an event with a `failure`. */
export function toIncoming(arrival: Arrival, place: Place, options: EventOptions): Incoming {
  const event = readEvent(arrival, place.orgId);
  const failure = failureOf(arrival, event.problem);
  if (failure) return new ReceivedEvent(arrival, place, { event, key: undefined }, failure);
  try {
    return new ReceivedEvent(arrival, place, customize(event, options));
  } catch (cause) {
    const thrown = new MillraceError(
      'PAYLOAD_UNDECODABLE',
      `${nameOf(arrival)} can't be decoded: \`decode\` or \`order\` failed on it.`,
      { cause },
    );
    return new ReceivedEvent(arrival, place, { event, key: undefined }, thrown);
  }
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
