import type { Headers, HeaderValue } from '@millrace/core';
import type { HeaderBytes, KafkaRecord } from '../client/port.ts';
import type { LastText } from './last-text.ts';
import { textIn } from './payload.ts';

const none: Headers = Object.freeze(Object.create(null) as Headers);

/** Text where a header is text in UTF-8, else its bytes; a list where one name comes several times. */
export function headersOf({ headers }: KafkaRecord, eventHeader: string, eventNames: LastText): Headers {
  if (headers === undefined) return none;
  const names = Object.keys(headers);
  if (names.length === 0) return none;
  const read = Object.create(null) as Record<string, HeaderValue>;
  for (const name of names) {
    const value = headers[name];
    if (value === undefined) continue;
    if (name === eventHeader && Buffer.isBuffer(value)) read[name] = eventNames.in(value) ?? value;
    else read[name] = isList(value) ? value.map(valueOf) : valueOf(value);
  }
  return read;
}

/** The text of a header; of several the last one, for whoever adds one means it to count. */
export function textHeader(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  const last = isList(value) ? value.at(-1) : value;
  return typeof last === 'string' && last !== '' ? last : undefined;
}

/** Keys are names to core: bytes that are no text become one. */
export function keyText(key: Buffer | null): string | undefined {
  if (key === null) return undefined;
  return textIn(key) ?? `0x${key.toString('hex')}`;
}

function valueOf(value: HeaderBytes): HeaderValue {
  if (value === null || typeof value === 'string') return value;
  return textIn(value) ?? value;
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return typeof value === 'object' && Array.isArray(value);
}
