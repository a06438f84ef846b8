import { randomBytes } from 'node:crypto';
import type { Clock, Logger } from '@millrace/core';
import { silentLogger, systemClock } from '@millrace/core';
import type { HandshakeRequest } from '../handshake/ask.ts';
import { isOrigin } from '../handshake/refusal.ts';
import type { OptionChecks } from '../option-checks.ts';
import { longestTimer, optionChecks } from '../option-checks.ts';
import type { Outgoing } from '../outgoing/outgoing.ts';
import type { Auth } from '../wire/auth/scheme.ts';
import { noAuth } from '../wire/auth/scheme.ts';
import type { AccessRequest, BroadcasterClient } from './access/clients.ts';
import type { BroadcasterStore } from './ports/broadcaster-store.ts';
import type { LogBounds } from './ports/replay-log.ts';
import type { Redelivery, RedeliveryOptions } from './sending/schedule.ts';
import { defaultRedelivery } from './sending/schedule.ts';

/** Whether a subscriber's URL belongs to whoever asks. */
export type OwnershipCheck = (
  url: string,
  context: { readonly client: string | undefined; readonly signal: AbortSignal },
) => boolean | Promise<boolean>;

export interface BroadcasterOptions {
  /** Who subscribed, what is to be tried again, dead letters and the log. Not closed by the broadcaster. */
  readonly store: BroadcasterStore;
  /** How both sides prove who they are. With HMAC give it `store.replayGuard`, so that nothing is accepted twice. */
  readonly auth: Auth;
  /** Those with keys of their own. With any, and no scheme in `auth`, nobody else is let in. */
  readonly clients?: readonly BroadcasterClient[];
  /** Asked after the keys were right; false is answered with 403. One that throws is answered with 503. */
  readonly authorize?: (request: AccessRequest) => boolean | Promise<boolean>;
  /**
   * Whether a URL is to be called at all, asked before it gets its first subscription; no is answered with 403. Whoever
   * subscribes a URL has to listen there by then.
   *
   * `{ origin }`: the URL is asked by OPTIONS, as CloudEvents' abuse protection has it, and so are recovery URLs. Subscribers of Millrace
   * answer with the option `handshake`, lonelypsc does not know it. A rate that they allow is kept to. `probe`: whether the URL
   * answers an empty message of a topic that nobody has (16 random bytes) as subscribers do, lonelypsc too: by confirming it, or
   * that it does not want it. A function is asked when a URL without subscriptions gets some.
   * @default nobody is asked: everybody may subscribe any URL that `clients` and `authorize` allow
   */
  readonly ownership?: OwnershipCheck | HandshakeRequest | 'probe';
  /**
   * What posts to subscribers. It decides who may be called. Not closed by the broadcaster.
   * @default one that calls public addresses only, and is closed
   */
  readonly outgoing?: Outgoing;
  /** How other broadcasters reach subscribers that are connected to this one, exactly as it is put into the store. */
  readonly self?: { readonly url: string; readonly recovery?: string };
  /** False: what fails is missed at once. */
  readonly redelivery?: RedeliveryOptions | false;
  /**
   * What becomes of a message that a subscriber did not take. `until-told`: it is kept until its recovery URL has confirmed
   * that it knows. `drop`: it is gone, as with lonelypss.
   * @default 'keep'
   */
  readonly deadLetters?: 'keep' | 'until-told' | 'drop';
  /**
   * Keeps the last messages of each topic, numbers them, and lets subscribers ask for them again.
   * @default none are kept
   */
  readonly replay?: Partial<LogBounds>;
  /**
   * How many copies a URL gets of a message that several of its subscriptions match. `per-subscription` is what lonelypss does.
   * @default 'per-url'
   */
  readonly copies?: 'per-url' | 'per-subscription';
  /**
   * Believe answers over plain HTTP that ask for no more messages. Nobody signs them: whoever is in between, or has the address now,
   * can end a subscription.
   * @default whether nothing is proven in `auth` anyway
   */
  readonly trustUnsubscribe?: boolean;
  /**
   * Milliseconds of failures, without a success in between, after which a subscriber is disabled.
   * @default 432_000_000, five days
   */
  readonly disableAfter?: number;
  readonly timeouts?: BroadcasterTimeouts;
  readonly limits?: BroadcasterLimits;
  /** @default the system's directory for such files */
  readonly spoolDirectory?: string;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default `Math.random` */
  readonly random?: () => number;
  /** @default `crypto.randomBytes` */
  readonly randomBytes?: (count: number) => Uint8Array;
  /** @default none */
  readonly log?: Logger;
}

/** In milliseconds. */
export interface BroadcasterTimeouts {
  /**
   * What a subscriber gets to take a message and confirm it.
   * @default 15_000
   */
  readonly subscriber?: number;
  /**
   * What a publisher waits for subscribers; those that have not confirmed by then are tried again later.
   * @default 10_000
   */
  readonly fanOut?: number;
  /**
   * What is under way at the stop gets so long to end.
   * @default 10_000
   */
  readonly drain?: number;
}

export interface BroadcasterLimits {
  /**
   * Bytes of a message.
   * @default 104_857_600
   */
  readonly message?: number;
  /**
   * Bytes of a topic. Globs are matched in time that grows with it.
   * @default 1_024
   */
  readonly topic?: number;
  /**
   * Bytes of a glob.
   * @default 1_024
   */
  readonly glob?: number;
  /**
   * Topics, and globs, in one call of set_subscriptions.
   * @default 10_000
   */
  readonly setEntries?: number;
  /**
   * Bytes of one call of set_subscriptions.
   * @default 16_777_216
   */
  readonly setBytes?: number;
  /**
   * Messages that are published at the same time; more are answered with 503.
   * @default 256
   */
  readonly publishing?: number;
  /**
   * Requests to one host at the same time.
   * @default 32
   */
  readonly perHost?: number;
  /**
   * Requests to all hosts at the same time.
   * @default 256
   */
  readonly requests?: number;
  /**
   * Redeliveries at the same time.
   * @default 64
   */
  readonly redelivering?: number;
  /**
   * Bytes of a message up to which it is not put into a file while it is sent.
   * @default 1_048_576
   */
  readonly spoolThreshold?: number;
  /**
   * Bytes in such files at the same time; more are answered with 503.
   * @default 1_073_741_824
   */
  readonly spooled?: number;
}

export interface BroadcasterSettings extends Required<
  Pick<
    BroadcasterOptions,
    'store' | 'auth' | 'clients' | 'deadLetters' | 'copies' | 'trustUnsubscribe' | 'disableAfter'
  >
> {
  readonly authorize: BroadcasterOptions['authorize'];
  readonly ownership: BroadcasterOptions['ownership'];
  readonly outgoing: Outgoing | undefined;
  readonly self: BroadcasterOptions['self'];
  readonly redelivery: Redelivery;
  readonly replay: LogBounds | undefined;
  readonly timeouts: Required<BroadcasterTimeouts>;
  readonly limits: Required<BroadcasterLimits>;
  readonly spoolDirectory: string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly log: Logger;
}

const day = 86_400_000;
const mebibyte = 2 ** 20;
const defaultTimeouts = { subscriber: 15_000, fanOut: 10_000, drain: 10_000 };
const defaultLimits: Required<BroadcasterLimits> = {
  message: 100 * mebibyte,
  topic: 1_024,
  glob: 1_024,
  setEntries: 10_000,
  setBytes: 16 * mebibyte,
  publishing: 256,
  perHost: 32,
  requests: 256,
  redelivering: 64,
  spoolThreshold: mebibyte,
  spooled: 1_024 * mebibyte,
};
const defaultLog: LogBounds = { messages: 1_000, bytes: 16 * mebibyte, age: day, topics: 10_000 };

/** Throws PUBSUB_OPTIONS. */
export function checkBroadcasterOptions(options: BroadcasterOptions): BroadcasterSettings {
  const { store, auth, clients = [], deadLetters = 'keep', copies = 'per-url', self } = options;
  const check: OptionChecks = optionChecks('The broadcaster');
  if (!isObject(store) || !isObject(auth)) check.fail('it takes a "store" and an "auth"');
  if (self && !URL.canParse(self.url)) check.fail('"self.url" is no URL');
  const names = clients.map(({ name }) => name);
  if (new Set(names).size < names.length) check.fail('two "clients" have the same name');
  checkOwnership(check, options.ownership);
  return {
    store,
    auth,
    clients,
    deadLetters: check.oneOf('deadLetters', deadLetters, ['keep', 'until-told', 'drop']),
    copies: check.oneOf('copies', copies, ['per-url', 'per-subscription']),
    self,
    redelivery: checkRedelivery(check, options.redelivery),
    authorize: options.authorize,
    ownership: options.ownership,
    outgoing: options.outgoing,
    trustUnsubscribe: options.trustUnsubscribe ?? (auth.toBroadcaster === noAuth && clients.length === 0),
    disableAfter: check.wholeNumber('disableAfter', options.disableAfter ?? 5 * day, 1),
    replay: options.replay && check.wholeNumbers('replay', { ...defaultLog, ...options.replay }, 1),
    timeouts: check.wholeNumbers('timeouts', { ...defaultTimeouts, ...options.timeouts }, 1, longestTimer),
    limits: check.wholeNumbers('limits', { ...defaultLimits, ...options.limits }, 1),
    spoolDirectory: options.spoolDirectory,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    randomBytes: options.randomBytes ?? randomBytes,
    log: options.log ?? silentLogger,
  };
}

function checkRedelivery(check: OptionChecks, given: BroadcasterOptions['redelivery']): Redelivery {
  const redelivery = { ...defaultRedelivery, ...(given === false ? { tries: 0 } : given) };
  check.wholeNumber('redelivery.tries', redelivery.tries, 0, 1_000);
  check.milliseconds('redelivery.delay', redelivery.delay, 1);
  check.milliseconds('redelivery.maxDelay', redelivery.maxDelay, 1);
  if (!(redelivery.factor >= 1)) check.fail('"redelivery.factor" must be 1 or more');
  return redelivery;
}

function checkOwnership(check: OptionChecks, ownership: BroadcasterOptions['ownership']): void {
  if (ownership === undefined || ownership === 'probe' || typeof ownership === 'function') return;
  if (!isObject(ownership)) check.fail('"ownership" must be { origin }, "probe" or a function');
  if (!isOrigin(ownership.origin))
    check.fail('"ownership.origin" must be the name of the broadcaster, such as "events.example"');
  check.wholeNumber('ownership.rate', ownership.rate, 1, 999_999_999);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
