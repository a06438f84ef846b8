import type { Headers } from '@millrace/core';
import { failureOf } from '../failure.ts';
import type { Payload } from '../payload.ts';
import { readJson, undecodable } from '../payload.ts';
import type { From } from '../pick.ts';
import { dateOf, pick } from '../pick.ts';
import type { WebhookEvent } from '../verifier.ts';
import { headersOf } from './attributes.ts';
import type { Envelope } from './envelope.ts';

/** How a notification becomes an event; the same as in @millrace/sqs-polling, so that a topic can feed either. */
export interface SnsDecodeOptions {
  /**
   * Name of the message attribute that carries the event's name. SNS does not sign attributes.
   * @default 'event'
   */
  readonly eventAttribute?: string;
  /** Where the event's name is when the payload carries it, which is signed. Looked at before `eventAttribute`. */
  readonly eventFrom?: From<string | undefined>;
  /**
   * Name of the message attribute that carries the event's id, such as `event-id` of the publishers of
   * @millrace/sqs-polling. As attributes are not signed, a copy of a message with another id is another event then.
   * @default none: the MessageId, which is signed
   */
  readonly idAttribute?: string;
  /**
   * What messages are: JSON values, plain text, or Base64 of bytes (`data` is a Uint8Array).
   * @default 'json'
   */
  readonly format?: 'json' | 'text' | 'base64';
}

export function toEvent(
  { MessageId, Message, Subject, Timestamp, TopicArn, MessageAttributes }: Envelope,
  options: SnsDecodeOptions,
): WebhookEvent {
  const attributes = headersOf(MessageAttributes);
  const id = options.idAttribute === undefined ? undefined : attributes[options.idAttribute];
  return {
    id: typeof id === 'string' && id !== '' ? id : MessageId,
    time: dateOf(Timestamp),
    ...readMessage(Message, attributes, options),
    headers: Object.assign(Object.create(null) as object, attributes, {
      'sns-topic-arn': TopicArn,
      ...(typeof Subject === 'string' && { 'sns-subject': Subject }),
    }),
  };
}

/** The text of a message, or of a body where delivery is raw. */
export function readMessage(
  message: string,
  attributes: Headers,
  { eventAttribute = 'event', eventFrom, format = 'json' }: SnsDecodeOptions,
): Pick<WebhookEvent, 'type' | 'data' | 'failure'> {
  const named = attributes[eventAttribute];
  const type = typeof named === 'string' ? named : '';
  const payload = read(message, format);
  if ('failure' in payload) return { type, data: undefined, failure: payload.failure };
  const { data } = payload;
  if (eventFrom === undefined) return { type, data };
  try {
    const found = pick(data, eventFrom);
    return { type: typeof found === 'string' && found !== '' ? found : type, data };
  } catch (cause) {
    return { type, data, failure: failureOf('`eventFrom` threw on it', cause) };
  }
}

function read(message: string, format: 'json' | 'text' | 'base64'): Payload {
  if (format === 'text') return { data: message };
  if (format === 'json') return readJson(message);
  const bytes = Buffer.from(message, 'base64');
  // Buffer reads over what it does not know.
  return bytes.toString('base64') === message ? { data: bytes } : undecodable('it is not Base64');
}
