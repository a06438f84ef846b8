import type { Headers, HeaderValue } from '@millrace/core';

/** Those by which a trace goes on. */
const traceHeaders = ['traceparent', 'tracestate', 'baggage', 'correlation-id'];

/** Never an event's: they let their reader in, or say nothing of it. */
const withheld = /authorization|cookie|signature|secret|api-key/;

/** Names as the headers of a request have them. */
export function wantedHeaders(names: readonly string[]): readonly string[] {
  return [...traceHeaders, ...names.map((name) => name.toLowerCase())];
}

export function isWithheld(name: string): boolean {
  return withheld.test(name.toLowerCase());
}

/** What an event has of headers itself comes before those of the request that it came in. */
export function withRequestHeaders(
  own: Headers,
  request: Readonly<Record<string, string>>,
  wanted: readonly string[],
): Headers {
  const headers: Record<string, HeaderValue> = Object.create(null);
  for (const name of wanted) {
    const value = Object.hasOwn(request, name) ? request[name] : undefined;
    if (value !== undefined) headers[name] = value;
  }
  return Object.assign(headers, own);
}
