import type { Headers, HeaderValue } from '@millrace/core';

/** Message attributes as headers: numbers that a double holds, Base64 as bytes, `String.Array` as a list, the rest as text. */
export function headersOf(attributes: unknown): Headers {
  const headers: Record<string, HeaderValue> = Object.create(null);
  if (typeof attributes !== 'object' || attributes === null) return headers;
  for (const [name, attribute] of Object.entries(attributes)) {
    const { Type, Value } = (attribute ?? {}) as { readonly Type?: unknown; readonly Value?: unknown };
    if (typeof Type === 'string' && typeof Value === 'string') headers[name] = valueOf(Type, Value);
  }
  return headers;
}

/** Types may carry a label of the sender's, as in `Number.int`. */
function valueOf(type: string, text: string): HeaderValue {
  if (type === 'String.Array') return listOf(text) ?? text;
  const [base] = type.split('.', 1);
  if (base === 'Binary') return Buffer.from(text, 'base64');
  return base === 'Number' ? numberOf(text) : text;
}

/** Numbers of SNS have up to 38 digits: those that would come out as another number stay text. */
function numberOf(text: string): number | string {
  const number = Number(text);
  const digits = text.replace(/e.*$/i, '').replaceAll(/\D/g, '').replace(/^0+/, '');
  const kept = /^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text) && Number.isFinite(number) && digits.length <= 15;
  return kept && (number !== 0 || digits === '') ? number : text;
}

function listOf(text: string): readonly HeaderValue[] | undefined {
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
