import type { Headers, HeaderValue } from '@millrace/core';
import { dateOf } from '../pick.ts';
import type { WebhookEvent } from '../verifier.ts';

/** What describes an event, by names as in `source`; without `data`. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** All that is made of the attributes; in a few words what is wrong with them. */
export type Described = Omit<WebhookEvent, 'data' | 'failure'> | { readonly problem: string };

const required = ['specversion', 'id', 'source', 'type'] as const;
const optional = ['time', 'subject', 'dataschema', 'datacontenttype'] as const;
const namePattern = /^[a-z0-9]{1,64}$/;
/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system */
// oxlint-disable-next-line no-control-regex -- these are what must not be there
const forbidden = /[\u0000-\u001f\u007f-\u009f]/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** Holds attributes to the specification, and makes headers `ce-…` of them. */
export function describe(attributes: Attributes): Described {
  const problem = problemOf(attributes);
  if (problem !== undefined) return { problem };
  const { id, source, type, time } = attributes;
  return {
    // Producers make ids unique for each source only; a source has no blanks.
    id: `${source} ${id}`,
    type: String(type),
    headers: headersOf(attributes),
    time: dateOf(time),
  };
}

function problemOf(attributes: Attributes): string | undefined {
  for (const name of required) {
    const value = attributes[name];
    if (typeof value !== 'string' || value === '') return `no-${name}`;
  }
  if (attributes['specversion'] !== '1.0') return 'specversion';
  if (/\s/.test(String(attributes['source']))) return 'source';
  for (const name of optional) {
    if (attributes[name] !== undefined && typeof attributes[name] !== 'string') return name;
  }
  const { time } = attributes;
  if (time !== undefined && (!rfc3339.test(String(time)) || dateOf(time) === undefined)) return 'time';
  for (const [name, value] of Object.entries(attributes)) {
    if (!namePattern.test(name)) return 'attribute-name';
    if (typeof value === 'string' && (forbidden.test(value) || !value.isWellFormed()))
      return 'attribute-value';
  }
  return undefined;
}

function headersOf(attributes: Attributes): Headers {
  const headers: Record<string, HeaderValue> = Object.create(null);
  for (const [name, value] of Object.entries(attributes)) headers[`ce-${name}`] = value;
  // The extension for distributed tracing: the trace that the event began in, while the header of HTTP is that of the hop.
  for (const name of ['traceparent', 'tracestate']) {
    const value = attributes[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}
