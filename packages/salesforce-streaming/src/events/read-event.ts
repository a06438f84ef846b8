import { hash } from 'node:crypto';
import type { Headers, HeaderValue } from '@millrace/core';
import type { Arrival } from '../transport.ts';
import { typeOfChange } from './change-event.ts';
import type { SalesforceEvent } from './options.ts';
import { toText } from './raw.ts';

type Fields = Readonly<Record<string, unknown>>;

export type ReadEvent = SalesforceEvent & {
  /** In a few words, why this is no event; the rest is then what could be read all the same. */
  readonly problem?: string;
};

/** Reads an event by the shape that its kind of channel gives it. Streaming API guide: "Event message" of each kind. */
export function readEvent(arrival: Arrival, orgId: string): ReadEvent {
  const { channel, data } = arrival;
  // It comes from the wire: its type says only what it should be.
  if (!isFields(data)) return unknownEvent({ ...arrival, data: {} }, orgId, 'it has no data');
  if (channel.startsWith('/data/')) return readChange(arrival, orgId);
  if (channel.startsWith('/event/')) return readPlatformEvent(arrival, orgId);
  if (channel.startsWith('/u/')) return readGeneric(arrival, orgId);
  return readPushTopic(arrival, orgId);
}

/** When Salesforce says that it published the event, whatever a user's `decode` makes of its time. */
export function publishedAt(arrival: Arrival): Date | undefined {
  return readEvent(arrival, '').time;
}

function readPlatformEvent(arrival: Arrival, orgId: string): ReadEvent {
  const { payload, event, schema } = arrival.data;
  if (!isFields(payload)) return unknownEvent(arrival, orgId, 'it has no payload with fields');
  return {
    channel: arrival.channel,
    type: typeOfPlatformEvent(arrival),
    id: idByUuid(arrival, orgId),
    data: payload,
    headers: headersOf(arrival, { schema, eventUuid: textOf(event?.['EventUuid']) }),
    time: timeOf(payload['CreatedDate']),
    envelope: arrival.data,
  };
}

/** Custom channels carry events of several types, and tell which since API version 55.0. */
function typeOfPlatformEvent({ channel, data }: Arrival): string {
  return textOf(data.event?.['EventApiName']) ?? lastPart(channel);
}

function readChange(arrival: Arrival, orgId: string): ReadEvent {
  const { payload, schema } = arrival.data;
  const header = isFields(payload) ? payload['ChangeEventHeader'] : undefined;
  if (!isFields(header)) return unknownEvent(arrival, orgId, 'it has no ChangeEventHeader');
  const entityName = textOf(header['entityName']);
  const changeType = textOf(header['changeType']);
  const transactionKey = textOf(header['transactionKey']);
  const sequenceNumber = wholeOf(header['sequenceNumber']);
  if (!entityName || !changeType || !transactionKey || sequenceNumber === undefined)
    return unknownEvent(
      arrival,
      orgId,
      'its ChangeEventHeader lacks entityName, changeType, transactionKey or sequenceNumber',
    );
  return {
    channel: arrival.channel,
    type: typeOfChange(entityName, changeType),
    // The same on the channel of all changes and on that of the object, which the replay id need not be.
    id: `${transactionKey}-${sequenceNumber}-${entityName}${gapSuffix(changeType, header['recordIds'])}`,
    data: payload,
    headers: headersOf(arrival, {
      schema,
      entityName,
      changeType,
      changeOrigin: textOf(header['changeOrigin']),
      recordIds: textsOf(header['recordIds']),
      transactionKey,
      sequenceNumber: Number(sequenceNumber),
      commitNumber: wholeOf(header['commitNumber']),
      commitUser: textOf(header['commitUser']),
    }),
    time: timeOf(header['commitTimestamp']),
    envelope: arrival.data,
  };
}

/**
 * Gap events of changes made past the application server all have the sequence number 1, so several of a transaction
 * would pass for one. Change Data Capture guide: "Gap Events".
 */
function gapSuffix(changeType: string, recordIds: unknown): string {
  if (!changeType.startsWith('GAP_')) return '';
  return `-${changeType}-${hash('sha256', toText(recordIds), 'base64url')}`;
}

/** Also the channels `/systemTopic/…`, which look the same. */
function readPushTopic(arrival: Arrival, orgId: string): ReadEvent {
  const { sobject, event } = arrival.data;
  const changeType = textOf(event?.['type']);
  if (!isFields(sobject)) return unknownEvent(arrival, orgId, 'it has neither a payload nor an sobject');
  if (!changeType) return unknownEvent(arrival, orgId, 'it does not say what happened to its sobject');
  return {
    channel: arrival.channel,
    type: `${lastPart(arrival.channel)}.${changeType}`,
    id: idByPlace(arrival, orgId),
    data: sobject,
    headers: headersOf(arrival, { changeType, recordIds: textsOf([sobject['Id']]) }),
    time: timeOf(event?.['createdDate']),
    envelope: arrival.data,
  };
}

function readGeneric(arrival: Arrival, orgId: string): ReadEvent {
  const { payload, event } = arrival.data;
  if (payload === undefined || payload === null) return unknownEvent(arrival, orgId, 'it has no payload');
  return {
    channel: arrival.channel,
    type: arrival.channel.slice('/u/'.length),
    id: idByPlace(arrival, orgId),
    data: payload,
    headers: headersOf(arrival, {}),
    time: timeOf(event?.['createdDate']),
    envelope: arrival.data,
  };
}

function unknownEvent(arrival: Arrival, orgId: string, problem: string): ReadEvent {
  return {
    channel: arrival.channel,
    // Whoever mends the dead letter and sends it again needs the type.
    type: arrival.channel.startsWith('/event/') ? typeOfPlatformEvent(arrival) : '',
    id: idByUuid(arrival, orgId),
    data: arrival.data,
    headers: headersOf(arrival, {}),
    time: undefined,
    envelope: arrival.data,
    problem,
  };
}

/** Old API versions have no EventUuid. */
function idByUuid(arrival: Arrival, orgId: string): string {
  return textOf(arrival.data.event?.['EventUuid']) ?? idByPlace(arrival, orgId);
}

/** Replay ids are unique in a channel of an org, not beyond. */
function idByPlace({ channel, cursor }: Arrival, orgId: string): string {
  return `${orgId}${channel}#${cursor}`;
}

function headersOf(
  { channel, cursor }: Arrival,
  more: Readonly<Record<string, HeaderValue | undefined>>,
): Headers {
  // Without a prototype, in the way that costs least.
  const headers: Record<string, HeaderValue> = { __proto__: null, channel, replayId: cursor };
  for (const name in more) {
    const value = more[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

function lastPart(channel: string): string {
  return channel.slice(channel.lastIndexOf('/') + 1);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
}

/** As text, since commit numbers are beyond what a double holds. */
function wholeOf(value: unknown): string | undefined {
  return typeof value === 'bigint' || Number.isInteger(value) ? String(value) : undefined;
}

const isoDate = /^\d{4}-\d\d-\d\dT/;

/** From ISO 8601, as Bayeux has it, or milliseconds, as the Pub/Sub API and commit timestamps are. */
function timeOf(value: unknown): Date | undefined {
  const known =
    typeof value === 'string'
      ? isoDate.test(value) && value
      : typeof value === 'bigint'
        ? Number(value)
        : value;
  const date = new Date(typeof known === 'string' || typeof known === 'number' ? known : NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
