import type { Headers, Incoming } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import { toText } from '../wire/codec/decoding.ts';
import type { EventFacts } from '../wire/event-facts.ts';
import { eventFacts } from '../wire/event-facts.ts';
import type { Body } from './spool.ts';

/** How a message becomes an event. */
export interface DecodeOptions {
  /**
   * The type of an event on a topic.
   * @default the topic as text; `0x` and hexadecimal digits when it is not UTF-8
   */
  readonly eventType?: (topic: Uint8Array) => string;
  /**
   * What `data` is. What can't be decoded is a dead letter at once. `stream`: the `Body` itself, of which nothing has to be
   * in memory; a large one lies in a file, which is kept until the event is settled.
   * @default 'json'
   */
  readonly decode?:
    | 'json'
    | 'text'
    | 'bytes'
    | 'stream'
    | ((bytes: Uint8Array, topic: Uint8Array) => unknown);
}

/** What a handler finds as `message.native`. */
export interface NativeMessage {
  readonly topic: Uint8Array;
  /** SHA-512, 64 bytes. */
  readonly digest: Uint8Array;
  /** Bytes. */
  readonly length: number;
  /** Its place in the log of a Millrace broadcaster that keeps one. */
  readonly sequence: number | undefined;
}

/** A message as it came over either transport, whole and genuine. */
export interface ReceivedMessage {
  readonly topic: Uint8Array;
  readonly tracing: Uint8Array;
  readonly digest: Uint8Array;
  /** Undefined: it was larger than is taken, and not kept. */
  readonly body: Body | undefined;
}

export function incomingOf(message: ReceivedMessage, options: DecodeOptions): Incoming {
  const { topic, digest, body, tracing } = message;
  const facts = eventFacts(tracing) ?? nothing;
  const name = topicName(topic);
  const { data, failure } = contentOf(message, options);
  const native: NativeMessage = { topic, digest, length: body?.length ?? 0, sequence: facts.sequence };
  const incoming: Incoming = {
    id: facts.id ?? `${name}#${Buffer.from(digest).toString('base64url')}`,
    type: options.eventType ? typeOf(topic, options.eventType) : name,
    data,
    failure,
    headers: facts.headers ?? noHeaders(),
    raw: body === undefined || body.spooled ? '' : body.bytes(),
    key: facts.key,
    time: facts.time,
    native,
  };
  // Only dead letters want it, so that what lies in a file stays there.
  if (body?.spooled === true) Object.defineProperty(incoming, 'raw', { get: () => body.bytes() });
  return incoming;
}

const nothing: EventFacts = {};

/** The topic as text, or in hexadecimal digits when it is none. */
export function topicName(topic: Uint8Array): string {
  try {
    return toText(topic, 'the topic');
  } catch {
    return `0x${Buffer.from(topic).toString('hex')}`;
  }
}

function typeOf(topic: Uint8Array, eventType: (topic: Uint8Array) => string): string {
  try {
    return eventType(topic);
  } catch {
    return topicName(topic);
  }
}

function contentOf(
  { topic, body }: ReceivedMessage,
  { decode = 'json' }: DecodeOptions,
): { readonly data: unknown; readonly failure?: HttpPubsubError } {
  if (body === undefined) {
    const problem = 'The message is larger than `maxBody` allows, and was not kept.';
    return { data: undefined, failure: httpPubsubError('PUBSUB_BODY_LIMIT', problem) };
  }
  if (decode === 'stream') return { data: body };
  try {
    const bytes = body.bytes();
    if (decode === 'bytes') return { data: new Uint8Array(bytes) };
    if (typeof decode === 'function') return { data: decode(bytes, topic) };
    const text = toText(bytes, 'the message');
    return { data: decode === 'text' ? text : JSON.parse(text) };
  } catch (error) {
    const problem = `The message can not be decoded as ${typeof decode === 'function' ? '`decode` would have it' : decode}.`;
    return { data: undefined, failure: httpPubsubError('PUBSUB_PAYLOAD', problem, error) };
  }
}

function noHeaders(): Headers {
  return Object.create(null) as Headers;
}
