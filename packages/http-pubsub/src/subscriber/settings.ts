import type { Broadcaster } from '../calls/broadcaster-list.ts';
import { checkBroadcasters } from '../calls/broadcaster-list.ts';
import type { RetrySettings } from '../calls/broadcasters.ts';
import type { HandshakeOptions } from '../handshake/answer.ts';
import { checkHandshake } from '../handshake/answer.ts';
import type { OptionChecks } from '../option-checks.ts';
import { optionChecks } from '../option-checks.ts';
import type { OutgoingOptions } from '../outgoing/outgoing.ts';
import { limitsOf } from '../outgoing/limits.ts';
import type { DecodeOptions } from '../receive/incoming.ts';
import type { SpoolOptions } from '../receive/spool.ts';
import { checkDecode, checkSpool, checkSubscribed, nameOf } from '../receive/subscribed.ts';
import { checkAuth } from '../wire/auth/check-auth.ts';
import type { Auth } from '../wire/auth/scheme.ts';
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

/** Throws PUBSUB_OPTIONS. What core has of its own, it checks itself. */
export function checkSubscriber(options: HttpPubsubOptions): SubscriberSettings {
  const check: OptionChecks = optionChecks('httpPubsub');
  const { concurrency = 16, prefetch = concurrency, redelivers = false, listen, listener } = options;
  if ((listen === undefined) === (listener === undefined)) check.fail('give either "listen" or "listener"');
  const address = subscriberAddress(check, options.publicUrl, options.path);
  const { topics, globs } = checkSubscribed(check, options);
  const globDialect = check.oneOf('globDialect', options.globDialect, ['segments', 'fnmatch', 'sqlite']);
  if (options.handshake) checkHandshake(check, options.handshake);
  return {
    ...checkCalls(check, options),
    name: options.name ?? nameOf({ topics, globs }),
    address,
    handshake: options.handshake,
    subscriptions: {
      exact: topics.map((topic) => ({ topic, recovery: address.recovery })),
      globs: globs.map((glob) => ({ glob, recovery: address.recovery })),
    },
    matchers: globs.map((glob) => compileGlob(glob, globDialect)),
    decode: checkDecode(check, options),
    redelivers,
    handlerTimeout: check.milliseconds('handlerTimeout', options.handlerTimeout ?? 4_000, 1),
    onHandlerTimeout: check.oneOf(
      'onHandlerTimeout',
      options.onHandlerTimeout ?? (redelivers ? 'fail' : 'confirm'),
      ['confirm', 'fail'],
    ),
    maxWaiting: check.wholeNumber('maxWaiting', options.maxWaiting ?? 64, 1),
    room: concurrency + prefetch,
    maxBody: check.wholeNumber('maxBody', options.maxBody ?? 104_857_600, 1),
    spool: checkSpool(check, options.spool),
    reconcileInterval: check.milliseconds('reconcileInterval', options.reconcileInterval ?? 60_000, 1),
    unsubscribeOnClose: options.unsubscribeOnClose ?? false,
    listener: { ...(listen && { listen }), ...(listener && { listener }) },
  };
}

/** Throws PUBSUB_OPTIONS. */
export function checkCalls(check: OptionChecks, options: CallOptions): CallSettings {
  const { calls = {}, timeouts, tls } = options;
  limitsOf(timeouts);
  const delay = check.milliseconds('calls.delay', calls.delay ?? 1_000, 1);
  return {
    broadcasters: checkBroadcasters(check, options.broadcasters),
    auth: checkAuth(check, options.auth),
    retry: {
      retries: check.wholeNumber('calls.retries', calls.retries ?? 2, 0),
      delay,
      maxDelay: check.milliseconds('calls.maxDelay', calls.maxDelay ?? Math.max(delay, 30_000), delay),
    },
    outgoing: { limits: timeouts, tls },
  };
}
