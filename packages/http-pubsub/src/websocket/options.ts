import type { SourceSettings } from '@millrace/core';
import type { DecodeOptions } from '../receive/incoming.ts';
import { topicName } from '../receive/incoming.ts';
import type { WebsocketOptions, WebsocketSettings } from './common-options.ts';
import { checkWebsocketOptions, whole, wrong } from './common-options.ts';
import type { Wanted } from '../wire/stateless/requests.ts';

export interface WebsocketPubsubOptions extends SourceSettings, WebsocketOptions, DecodeOptions {
  /** Topics. */
  readonly exact?: readonly (string | Uint8Array)[];
  /** Patterns of topics, in the dialect of the broadcaster. */
  readonly globs?: readonly string[];
  /**
   * When the broadcaster hears that a message was received, which makes it send more: it waits when three parts are open.
   * `after-handler`: once the event is settled, so that slow handlers slow the broadcaster. `on-receipt`: when core takes
   * it, as lonelypsc does.
   * @default 'after-handler'
   */
  readonly ackMode?: 'after-handler' | 'on-receipt';
  /**
   * Messages that wait for core beside those that it has, and the bytes of them in memory, before no more is read.
   * Broadcasters that keep to three parts never get there.
   * @default { messages: 1000, bytes: 64 MiB }
   */
  readonly buffer?: { readonly messages?: number; readonly bytes?: number };
}

export interface WebsocketPubsubSettings extends WebsocketSettings {
  readonly name: string;
  readonly wanted: readonly Wanted[];
  readonly decode: DecodeOptions;
  readonly ackMode: 'after-handler' | 'on-receipt';
  readonly buffer: { readonly messages: number; readonly bytes: number };
}

const mostBytes = 65_535;
const decodings: readonly unknown[] = ['json', 'text', 'bytes', 'stream', undefined];

/** Throws PUBSUB_OPTIONS. */
export function checkOptions(options: WebsocketPubsubOptions): WebsocketPubsubSettings {
  const common = checkWebsocketOptions(options);
  const { exact = [], globs = [], ackMode = 'after-handler', buffer = {}, decode, eventType } = options;
  if (!Array.isArray(exact) || !Array.isArray(globs)) throw wrong('"exact" and "globs" must be lists');
  const topics = exact.map(checkTopic);
  for (const glob of globs) checkSize('a glob', typeof glob === 'string' ? Buffer.from(glob) : undefined);
  if (topics.length + globs.length === 0) throw wrong('"exact" or "globs" must name something');
  if (!['after-handler', 'on-receipt'].includes(ackMode)) {
    throw wrong('"ackMode" must be "after-handler" or "on-receipt"');
  }
  if (typeof decode !== 'function' && !decodings.includes(decode)) {
    throw wrong('"decode" must be "json", "text", "bytes", "stream" or a function');
  }
  if (eventType !== undefined && typeof eventType !== 'function')
    throw wrong('"eventType" must be a function');
  const distinctTopics = new Map(topics.map((topic) => [topic.toString('hex'), topic]));
  const wanted: readonly Wanted[] = [
    ...[...distinctTopics.values()].map((topic) => ({ topic })),
    ...[...new Set(globs)].map((glob) => ({ glob })),
  ];
  return {
    ...common,
    name: options.name ?? nameOf(wanted),
    wanted,
    decode: { ...(decode && { decode }), ...(eventType && { eventType }) },
    ackMode,
    buffer: {
      messages: whole('buffer.messages', buffer.messages ?? 1_000, 1),
      bytes: whole('buffer.bytes', buffer.bytes ?? 64 * 1024 ** 2, 1),
    },
  };
}

function checkTopic(topic: unknown): Buffer {
  const bytes =
    typeof topic === 'string'
      ? Buffer.from(topic)
      : topic instanceof Uint8Array
        ? Buffer.from(topic)
        : undefined;
  return checkSize('a topic', bytes);
}

function checkSize(what: string, bytes: Buffer | undefined): Buffer {
  if (bytes !== undefined && bytes.length <= mostBytes) return bytes;
  throw wrong(`${what} must be a text, or bytes of a topic, of at most ${mostBytes} bytes`);
}

function nameOf(wanted: readonly Wanted[]): string {
  const names = wanted.map((it) => (it.topic === undefined ? it.glob : topicName(it.topic)));
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
