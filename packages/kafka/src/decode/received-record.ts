import type { Headers, Incoming, Position } from '@millrace/core';
import { MillraceError, toPosition } from '@millrace/core';
import type { KafkaRecord } from '../client/port.ts';
import type { Lot } from '../session/lot.ts';
import { headersOf, keyText, textHeader } from './headers.ts';
import type { LastText } from './last-text.ts';
import type { DecodeSettings } from './options.ts';
import { readPayload } from './payload.ts';

/** A record as core takes it. A class, since there is one for each record and it has to find its lot again. */
export class ReceivedRecord implements Incoming {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly headers: Headers;
  readonly raw: string | Uint8Array;
  readonly failure: MillraceError | undefined;
  readonly key: string | undefined;
  readonly channel: string;
  readonly position: Position;
  readonly time: Date | undefined;
  readonly native: unknown;
  readonly lot: Lot;

  constructor(record: KafkaRecord, lot: Lot, settings: DecodeSettings, eventNames: LastText) {
    const headers = headersOf(record, settings.eventHeader, eventNames);
    this.headers = headers;
    this.channel = lot.channel;
    this.position = toPosition(record.offset);
    this.id =
      textHeader(headers, settings.idHeader) ?? cloudEventId(headers) ?? `${lot.channel}@${this.position}`;
    this.raw = record.value ?? '';
    this.key = keyText(record.key);
    this.time = timeOf(headers, record.timestamp);
    this.native = record.native;
    this.lot = lot;

    const name = textHeader(headers, settings.eventHeader) ?? textHeader(headers, 'ce_type') ?? lot.topic;
    const payload = readPayload(record.value, settings.format);
    if ('problem' in payload) {
      this.type = name;
      this.failure = undecodable(this, payload.problem);
      return;
    }
    this.data = payload.data;
    try {
      this.type = nameIn(payload.data, lot.topic, settings) ?? name;
    } catch (cause) {
      this.type = name;
      this.failure = undecodable(this, '`eventFrom` threw on its payload', cause);
    }
  }
}

function undecodable({ channel, position }: ReceivedRecord, problem: string, cause?: unknown): MillraceError {
  const text = `Record ${channel}@${position} can't be decoded: ${problem}.`;
  return new MillraceError('PAYLOAD_UNDECODABLE', text, { cause });
}

/** Of CloudEvents only source and id together are unique. */
function cloudEventId(headers: Headers): string | undefined {
  const id = textHeader(headers, 'ce_id');
  if (id === undefined) return undefined;
  const source = textHeader(headers, 'ce_source');
  return source === undefined ? id : `${source}#${id}`;
}

function timeOf(headers: Headers, timestamp: number): Date | undefined {
  const told = textHeader(headers, 'ce_time');
  const time = told === undefined ? NaN : Date.parse(told);
  if (time >= 0) return new Date(time);
  return timestamp >= 0 ? new Date(timestamp) : undefined;
}

function nameIn(data: unknown, topic: string, { eventFrom }: DecodeSettings): string | undefined {
  if (eventFrom === undefined) return undefined;
  const name = typeof eventFrom === 'function' ? eventFrom(data, topic) : at(data, eventFrom);
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Follows a path such as `detail.type`. */
function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}
