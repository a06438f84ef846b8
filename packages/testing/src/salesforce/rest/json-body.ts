import type { Fields } from '../event-log/event.ts';
import { parseJson } from '../event-log/json.ts';
import { unreadable } from './rest-error.ts';

/** The JSON object in a request's body. Throws the reply that JSON_PARSER_ERROR is. */
export function objectIn(body: string): Fields {
  const value = parse(body);
  if (isObject(value)) return value;
  throw unreadable('The HTTP entity body must be a JSON object');
}

/** The array of objects under `name`. Throws the reply that JSON_PARSER_ERROR is. */
export function objectsIn(body: Fields, name: string): readonly Fields[] {
  const value = body[name];
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw unreadable(`"${name}" must be an array of JSON objects`);
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(body: string): unknown {
  if (body === '') throw unreadable('The HTTP entity body is required, but this request has no entity body.');
  try {
    return parseJson(body);
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : 'Invalid JSON');
  }
}
