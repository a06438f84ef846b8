import type { Message as SqsMessage } from '@aws-sdk/client-sqs';
import type { Headers, HeaderValue, Incoming } from '@millrace/core';
import { MillraceError } from '@millrace/core';
import type { QueueReference } from '../queue.ts';
import { headersOfEnvelope, headersOfMessage } from './attributes.ts';
import type { Envelope } from './envelope.ts';
import { mayBeEnvelope, toEnvelope } from './envelope.ts';
import { nameInHeaders, nameInPayload } from './event-name.ts';
import type { DecodeSettings } from './options.ts';
import type { Payload } from './payload.ts';
import { readJson, readPayload } from './payload.ts';

/** Makes an event of a message. What can't be decoded becomes an event with a `failure`. */
export function decode(message: SqsMessage, settings: DecodeSettings, queue: QueueReference): Incoming {
  const raw = message.Body ?? '';
  const { envelope, payload } = open(raw, settings);
  const headers = envelope
    ? headersOfEnvelope(envelope.attributes)
    : headersOfMessage(message.MessageAttributes);
  const { MessageGroupId, ApproximateReceiveCount, SentTimestamp } = message.Attributes ?? {};
  return {
    id: idIn(headers[settings.idAttribute]) ?? envelope?.messageId ?? message.MessageId ?? '',
    ...read(payload, headers, settings, (problem, cause) => undecodable(message, queue, problem, cause)),
    headers,
    raw,
    key: queue.fifo ? MessageGroupId : undefined,
    deliveryCount: ApproximateReceiveCount === undefined ? undefined : Number(ApproximateReceiveCount),
    time: dateOf(envelope?.timestamp ?? Number(SentTimestamp)),
    native: message,
  };
}

/** Takes the body out of its envelope, if it has one. Each text is parsed once. */
function open(body: string, settings: DecodeSettings): { envelope?: Envelope; payload: Payload } {
  const { envelope: expected, format } = settings;
  const bare = expected === 'raw' || (expected === 'auto' && !mayBeEnvelope(body));
  if (bare || body === '') return { payload: readPayload(body, format) };
  const outer = readJson(body);
  const envelope = 'data' in outer ? toEnvelope(outer.data) : undefined;
  if (envelope && 'problem' in envelope) return { payload: envelope };
  if (envelope) return { envelope, payload: readPayload(envelope.message, format) };
  if (expected === 'sns') return { payload: { problem: 'it has no SNS envelope' } };
  return { payload: format === 'json' ? outer : readPayload(body, format) };
}

function read(
  payload: Payload,
  headers: Headers,
  settings: DecodeSettings,
  fail: (problem: string, cause?: unknown) => MillraceError,
): Pick<Incoming, 'type' | 'data' | 'failure'> {
  const fallback = nameInHeaders(headers, settings);
  if ('problem' in payload) return { type: fallback, data: undefined, failure: fail(payload.problem) };
  const { data } = payload;
  try {
    return { type: nameInPayload(data, settings) ?? fallback, data };
  } catch (cause) {
    return { type: fallback, data, failure: fail('`eventFrom` threw on its payload', cause) };
  }
}

function undecodable({ MessageId }: SqsMessage, queue: QueueReference, problem: string, cause: unknown) {
  return new MillraceError(
    'PAYLOAD_UNDECODABLE',
    `Message ${MessageId} of queue ${queue.name} can't be decoded: ${problem}.`,
    { cause },
  );
}

function idIn(header: HeaderValue | undefined): string | undefined {
  if (typeof header === 'number') return String(header);
  return typeof header === 'string' && header !== '' ? header : undefined;
}

function dateOf(value: string | number): Date | undefined {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
