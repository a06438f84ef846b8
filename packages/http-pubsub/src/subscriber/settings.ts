import { httpPubsubError } from '../errors.ts';
import type { Broadcaster } from '../calls/broadcaster-list.ts';
import { checkBroadcasters } from '../calls/broadcaster-list.ts';
import type { RetrySettings } from '../calls/broadcasters.ts';
import type { HandshakeOptions } from '../handshake/answer.ts';
import { checkHandshake } from '../handshake/answer.ts';
import type { OutgoingOptions } from '../outgoing/outgoing.ts';
import { limitsOf } from '../outgoing/limits.ts';
import type { DecodeOptions } from '../receive/incoming.ts';
import { topicName } from '../receive/incoming.ts';
import type { SpoolOptions } from '../receive/spool.ts';
import type { Auth } from '../wire/auth/scheme.ts';
import { noAuth } from '../wire/auth/scheme.ts';
import type { GlobMatcher } from '../wire/glob/glob.ts';
import { compileGlob } from '../wire/glob/glob.ts';
import type { SubscriptionSet } from '../wire/subscriptions.ts';
import type { CallOptions, HttpPubsubOptions } from './options.ts';
import type { SubscriberAddress } from './urls.ts';
import { subscriberAddress } from './urls.ts';

/** What calls take. */
export interface CallSettings {
  readonly broadcasters: readonly Broadcaster[];
  readonly auth: Auth;
  readonly retry: RetrySettings;
  readonly outgoing: Omit<OutgoingOptions, 'clock'>;
}

/** Options checked, with the defaults filled in. */
export interface SubscriberSettings extends CallSettings {
  readonly name: string;
  readonly address: SubscriberAddress;
  readonly handshake: HandshakeOptions | undefined;
  readonly subscriptions: SubscriptionSet;
  readonly matchers: readonly GlobMatcher[];
  readonly decode: DecodeOptions;
  readonly redelivers: boolean;
  readonly handlerTimeout: number;
  readonly onHandlerTimeout: 'confirm' | 'fail';
  readonly maxWaiting: number;
  /** Events that core has at most. */
  readonly room: number;
  readonly maxBody: number;
  readonly spool: SpoolOptions;
  readonly reconcileInterval: number;
  readonly unsubscribeOnClose: boolean;
  readonly listener: Pick<HttpPubsubOptions, 'listener' | 'listen'>;
}

const longestTimer = 2 ** 31 - 1;
/** What a length of two bytes can say. */
const mostBytes = 65_535;

/** Throws PUBSUB_OPTIONS. What core has of its own, it checks itself. */
export function checkSubscriber(options: HttpPubsubOptions): SubscriberSettings {
  const {
    concurrency = 16,
    prefetch = concurrency,
    redelivers = false,
    spool = {},
    listen,
    listener,
  } = options;
  if ((listen === undefined) === (listener === undefined))
    throw wrong('Either `listen` or `listener` is needed.');
  const address = subscriberAddress(options.publicUrl, options.path);
  const subscriptions = checkTopics(options, address);
  if (options.handshake) checkHandshake('httpPubsub', options.handshake);
  whole('spool.threshold', spool.threshold ?? 0, 0);
  whole('spool.quota', spool.quota ?? 0, 0);
  return {
    ...checkCalls(options),
    name: options.name ?? nameOf(subscriptions),
    address,
    handshake: options.handshake,
    subscriptions,
    matchers: subscriptions.globs.map(({ glob }) => compileGlob(glob, options.globDialect)),
    decode: checkDecode(options),
    redelivers,
    handlerTimeout: milliseconds('handlerTimeout', options.handlerTimeout ?? 4_000, 1),
    onHandlerTimeout: oneOf(
      'onHandlerTimeout',
      options.onHandlerTimeout ?? (redelivers ? 'fail' : 'confirm'),
      ['confirm', 'fail'],
    ),
    maxWaiting: whole('maxWaiting', options.maxWaiting ?? 64, 1),
    room: concurrency + prefetch,
    maxBody: whole('maxBody', options.maxBody ?? 104_857_600, 1),
    spool,
    reconcileInterval: milliseconds('reconcileInterval', options.reconcileInterval ?? 60_000, 1),
    unsubscribeOnClose: options.unsubscribeOnClose ?? false,
    listener: { ...(listen && { listen }), ...(listener && { listener }) },
  };
}

/** Throws PUBSUB_OPTIONS. */
export function checkCalls(options: CallOptions): CallSettings {
  const { auth = { toBroadcaster: noAuth, toSubscriber: noAuth }, calls = {}, timeouts, tls } = options;
  for (const direction of ['toBroadcaster', 'toSubscriber'] as const) {
    if (typeof auth[direction]?.verify !== 'function') {
      throw wrong(`\`auth.${direction}\` must be a scheme, such as hmacAuth({ secrets }).`);
    }
  }
  limitsOf(timeouts);
  const delay = milliseconds('calls.delay', calls.delay ?? 1_000, 1);
  return {
    broadcasters: checkBroadcasters(options.broadcasters),
    auth,
    retry: {
      retries: whole('calls.retries', calls.retries ?? 2, 0),
      delay,
      maxDelay: milliseconds('calls.maxDelay', calls.maxDelay ?? Math.max(delay, 30_000), delay),
    },
    outgoing: { limits: timeouts, tls },
  };
}

function checkTopics(
  { exact = [], globs = [], globDialect }: HttpPubsubOptions,
  { recovery }: SubscriberAddress,
): SubscriptionSet {
  if (!Array.isArray(exact) || !Array.isArray(globs)) throw wrong('`exact` and `globs` must be lists.');
  oneOf('globDialect', globDialect ?? 'segments', ['segments', 'fnmatch', 'sqlite']);
  const topics = new Map(exact.map(checkTopic).map((topic) => [topic.toString('hex'), topic]));
  for (const glob of globs) checkSize('A glob', typeof glob === 'string' ? Buffer.from(glob) : undefined);
  if (topics.size + globs.length === 0) throw wrong('`exact` or `globs` must name something.');
  return {
    exact: [...topics.values()].map((topic) => ({ topic, recovery })),
    globs: [...new Set<string>(globs)].map((glob) => ({ glob, recovery })),
  };
}

export function checkTopic(topic: unknown): Buffer {
  const isBytes = typeof topic === 'string' || topic instanceof Uint8Array;
  return checkSize('A topic', isBytes ? Buffer.from(topic) : undefined);
}

function checkSize(what: string, bytes: Buffer | undefined): Buffer {
  if (bytes !== undefined && bytes.length <= mostBytes) return bytes;
  throw wrong(`${what} must be a text, or bytes of a topic, of at most ${mostBytes} bytes.`);
}

function checkDecode({ decode, eventType }: DecodeOptions): DecodeOptions {
  if (typeof decode !== 'function') oneOf('decode', decode ?? 'json', ['json', 'text', 'bytes', 'stream']);
  if (eventType !== undefined && typeof eventType !== 'function')
    throw wrong('`eventType` must be a function.');
  return { ...(decode && { decode }), ...(eventType && { eventType }) };
}

function nameOf({ exact, globs }: SubscriptionSet): string {
  const names = [...exact.map(({ topic }) => topicName(topic)), ...globs.map(({ glob }) => glob)];
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw wrong(`\`${name}\` must be one of: ${allowed.join(', ')}.`);
}

function whole(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw wrong(`\`${name}\` must be a whole number from ${least}.`);
}

function milliseconds(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && value >= least && value <= longestTimer) return value;
  throw wrong(`\`${name}\` must be a number of milliseconds from ${least} to ${longestTimer}.`);
}

function wrong(problem: string): Error {
  return httpPubsubError('PUBSUB_OPTIONS', problem);
}
