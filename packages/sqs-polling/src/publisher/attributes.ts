import type { HeaderValue } from '@millrace/core';
import { isSupported, toJson } from './text.ts';

/** A message attribute; SNS and SQS have the same. */
export interface Attribute {
  readonly DataType: 'String' | 'Number' | 'Binary' | 'String.Array';
  readonly StringValue?: string;
  readonly BinaryValue?: Uint8Array;
}

export type Attributes = Readonly<Record<string, Attribute>>;

export const mostAttributes = 10;

/** Why the name can't be one; undefined when it can. Names must not start with `AWS.` or `Amazon.` in any case. */
export function refuseName(name: string): string | undefined {
  const valid =
    /^[A-Za-z0-9_.-]{1,256}$/.test(name) && !/^\.|\.$|\.\./.test(name) && !/^(aws|amazon)\./i.test(name);
  if (valid) return undefined;
  return `header ${JSON.stringify(name)} can not be an attribute: 1 to 256 letters, digits, _, - and single dots inside, not starting with "AWS." or "Amazon."`;
}

/** The attribute for a header's value, or why there is none. */
export function toAttribute(value: HeaderValue): Attribute | string {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? { DataType: 'Number', StringValue: String(value) } : `is ${value}`;
  }
  if (value instanceof Uint8Array) {
    return value.byteLength > 0 ? { DataType: 'Binary', BinaryValue: value } : 'is empty';
  }
  if (typeof value === 'object') return value === null ? 'is null' : toList(value);
  const text = String(value);
  if (text === '') return 'is empty';
  return isSupported(text)
    ? { DataType: 'String', StringValue: text }
    : 'has characters that are not allowed in messages';
}

function toList(values: readonly HeaderValue[]): Attribute | string {
  const supported = values.every((value) => value === null || typeof value !== 'object');
  if (!supported) return 'is a list with something else than text, numbers, booleans and null';
  return { DataType: 'String.Array', StringValue: toJson(values) };
}

/** What counts of a message against the limits, in bytes: the body, and name, type and value of each attribute. */
export function sizeOf(body: string, attributes: Attributes): number {
  const sizes = Object.entries(attributes).map(
    ([name, { DataType, StringValue = '', BinaryValue }]) =>
      Buffer.byteLength(name + DataType + StringValue) + (BinaryValue?.byteLength ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, Buffer.byteLength(body));
}
