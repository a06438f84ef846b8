import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { Headers, HeaderValue } from '@millrace/core';

/** Shared by all messages without attributes. */
const noHeaders: Headers = Object.freeze(Object.create(null));

/** Attributes that SQS delivers beside the body: those of SendMessage, and SNS's with raw message delivery. */
export function headersOfMessage(
  attributes: Readonly<Record<string, MessageAttributeValue>> | undefined,
): Headers {
  if (!attributes) return noHeaders;
  const headers: Record<string, HeaderValue> = Object.create(null);
  for (const name of Object.keys(attributes)) {
    const { DataType = '', StringValue, BinaryValue } = attributes[name] ?? {};
    headers[name] = BinaryValue ?? valueOf(DataType, StringValue ?? '');
  }
  return headers;
}

/** Attributes inside SNS's envelope: `{ "event": { "Type": "String", "Value": "OrderPlaced.shop" } }`. */
export function headersOfEnvelope(attributes: unknown): Headers {
  if (typeof attributes !== 'object' || attributes === null) return noHeaders;
  const headers: Record<string, HeaderValue> = Object.create(null);
  for (const [name, attribute] of Object.entries(attributes)) {
    const { Type, Value } = (attribute ?? {}) as { Type?: unknown; Value?: unknown };
    if (typeof Type !== 'string' || typeof Value !== 'string') continue;
    headers[name] = baseType(Type) === 'Binary' ? Buffer.from(Value, 'base64') : valueOf(Type, Value);
  }
  return headers;
}

/** Types may carry a label of the sender's, as in `Number.int`; `String.Array` is SNS's own. */
function valueOf(type: string, text: string): HeaderValue {
  if (type === 'String.Array') return arrayOf(text) ?? text;
  return baseType(type) === 'Number' ? numberOf(text) : text;
}

function baseType(type: string): string | undefined {
  return type.split('.', 1)[0];
}

/** SQS numbers have up to 38 digits: those that a double can't hold stay text. */
function numberOf(text: string): number | string {
  const number = Number(text);
  if (!/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(number)) return text;
  if (Number.isSafeInteger(number) && String(number) === text) return number;
  const [mantissa = ''] = text.split(/e/i);
  const digits = mantissa.replaceAll(/[^\d]/g, '').replace(/^0+/, '');
  const kept = digits.length <= 15 && (number !== 0 || digits === '');
  return kept ? number : text;
}

function arrayOf(text: string): readonly HeaderValue[] | undefined {
  try {
    const values: unknown = JSON.parse(text);
    return Array.isArray(values) && values.every(isPlain) ? values : undefined;
  } catch {
    return undefined;
  }
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
