import { describe, expect, test } from 'vitest';
import { parseErrorField } from '../../src/bayeux/error-field.ts';
import type { BayeuxFailure, MetaFailure } from '../../src/bayeux/failure.ts';
import type { Recovery, Step } from '../../src/session/recovery.ts';
import { recoveryFrom } from '../../src/session/recovery.ts';

function refusal(error: string, failureReason?: string, advice?: MetaFailure['advice']): MetaFailure {
  const parsed = failureReason === undefined ? undefined : parseErrorField(failureReason);
  return {
    kind: 'meta',
    channel: '/meta/connect',
    subscription: undefined,
    error: parseErrorField(error),
    failureReason: parsed,
    reason: parsed ?? parseErrorField(error),
    advice,
    clientId: undefined,
    disconnected: false,
    status: 200,
  };
}

const handshake = { action: 'handshake', everybody: false } as const;
const renew = { action: 'renew-token' } as const;
const soon = { action: 'back-off', pace: 'normal' } as const;
const later = { action: 'back-off', pace: 'busy' } as const;
const never = { action: 'refuse-channel', lasting: true, pace: 'normal' } as const;
const channelLater = { action: 'refuse-channel', lasting: false, pace: 'busy' } as const;

/** The table of the Streaming API guide and of what its users have met. */
const refusals: readonly (readonly [Step, MetaFailure, Recovery])[] = [
  ['connect', refusal('401::Authentication invalid', undefined, { reconnect: 'none' }), renew],
  ['subscribe', refusal('401::Authentication invalid'), renew],
  ['unsubscribe', refusal('401::Authentication invalid'), renew],
  ['handshake', refusal('403::Handshake denied', '401::Authentication invalid'), renew],
  ['handshake', refusal('403::Handshake denied', '401::Request requires authentication'), renew],
  [
    'handshake',
    refusal(
      '403::Handshake denied',
      '403::To protect all customers from excessive use and Denial of Service attacks, we limit the number of simultaneous connections per server.',
    ),
    later,
  ],
  ['handshake', refusal('403::Handshake denied', '403::Organization concurrent user limit exceeded'), later],
  ['handshake', refusal('403::Handshake denied'), later],
  [
    'handshake',
    refusal('401::Authentication invalid', '503::Server is too busy. Please try your request again later.'),
    later,
  ],
  ['connect', refusal('503::Server is too busy'), later],
  ['connect', refusal('401::Authentication invalid', 'SERVER_UNAVAILABLE'), later],
  [
    'subscribe',
    refusal('403:denied_by_security_policy:subscribe_denied', '503::Server is too busy'),
    channelLater,
  ],
  ['connect', refusal('403::Unknown client', undefined, { reconnect: 'handshake' }), handshake],
  ['connect', refusal('403::Unknown client', undefined, { reconnect: 'none' }), handshake],
  ['subscribe', refusal('403::Unknown client'), handshake],
  ['unsubscribe', refusal('403::Unknown client'), handshake],
  ['connect', refusal('402::session_unknown'), handshake],
  ['subscribe', refusal('402::Unknown client'), handshake],
  [
    'subscribe',
    refusal(
      '400::The replayId {7} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.',
    ),
    { action: 'fall-back' },
  ],
  [
    'subscribe',
    refusal("400::The channel you requested to subscribe to doesn't exist {/event/None__e}"),
    never,
  ],
  ['subscribe', refusal('404::Unknown channel'), never],
  ['subscribe', refusal('400::Channel names may not vary only by case'), never],
  ['subscribe', refusal("400::Channel subscriptions must start with a leading '/'"), never],
  ['subscribe', refusal('403:denied_by_security_policy:create_denied'), never],
  ['subscribe', refusal('403:denied_by_security_policy:subscribe_denied'), never],
  ['subscribe', refusal('403::Cannot create channel'), never],
  ['subscribe', refusal('403::User not enabled for streaming'), never],
  ['subscribe', refusal('403::Subscription limit exceeded for this topic'), channelLater],
  ['subscribe', refusal('403::Organization total events daily limit exceeded'), channelLater],
  ['connect', refusal('403::Organization total events daily limit exceeded'), later],
  ['subscribe', refusal('500::Something new'), { action: 'refuse-channel', lasting: false, pace: 'normal' }],
  [
    'connect',
    refusal('400::Client 1 has established a session, but no BAYEUX_BROWSER cookie present'),
    { action: 'new-cookies' },
  ],
  ['handshake', refusal('400::Unsupported API version, only versions 37.0 and later'), { action: 'give-up' }],
  ['handshake', refusal('400::Invalid connection type'), { action: 'give-up' }],
  ['connect', refusal('408::Timed out'), { action: 'poll-again' }],
  ['connect', refusal('500::Something new'), soon],
  ['unsubscribe', refusal('500::Something new'), handshake],
];

test.each(refusals)('%s refused with $error.raw ($failureReason.raw)', (step, failure, recovery) => {
  expect(recoveryFrom(failure, step)).toEqual(recovery);
});

const http = (status: number, more: Partial<BayeuxFailure> = {}) =>
  ({ kind: 'http', status, retryAfter: undefined, errorCode: undefined, ...more }) as BayeuxFailure;

const others: readonly (readonly [string, Step, BayeuxFailure, Recovery])[] = [
  [
    'sent away',
    'connect',
    { kind: 'disconnected', error: undefined, advice: undefined },
    { action: 'handshake', everybody: true },
  ],
  [
    'sent away for the token',
    'connect',
    { kind: 'disconnected', error: parseErrorField('401::Authentication invalid'), advice: undefined },
    renew,
  ],
  ['an expired poll', 'connect', { kind: 'poll-expired' }, { action: 'poll-again' }],
  ['408 to something else', 'subscribe', { kind: 'poll-expired' }, soon],
  ['HTTP 401', 'connect', http(401), renew],
  ['HTTP 403 for the token', 'connect', http(403, { errorCode: 'INVALID_SESSION_ID' }), renew],
  ['HTTP 403', 'connect', http(403), later],
  ['HTTP 404', 'handshake', http(404), later],
  ['HTTP 429', 'connect', http(429, { retryAfter: 7_000 }), { ...later, atLeast: 7_000 }],
  ['HTTP 500', 'connect', http(500), soon],
  ['HTTP 503', 'connect', http(503, { retryAfter: 9_000 }), { ...soon, atLeast: 9_000 }],
  ['a lost connection', 'connect', { kind: 'network', errorCode: 'ECONNRESET' }, soon],
  ['a reply to a subscribe that is lost', 'subscribe', { kind: 'network', errorCode: 'ECONNRESET' }, soon],
  ['silence', 'connect', { kind: 'timeout', milliseconds: 140_000 }, soon],
  ['a web page', 'connect', { kind: 'garbage', what: 'html', status: 200 }, soon],
  ['half a reply', 'connect', { kind: 'garbage', what: 'not-json', status: 200 }, soon],
  [
    'another instance',
    'connect',
    { kind: 'redirected', status: 302, origin: 'https://b', sameOrigin: false },
    renew,
  ],
  [
    'a login page',
    'connect',
    { kind: 'redirected', status: 302, origin: 'https://a', sameOrigin: true },
    soon,
  ],
  ['a reply too large', 'connect', { kind: 'too-large', direction: 'response', limit: 1 }, later],
  ['a subscription too large', 'subscribe', { kind: 'too-large', direction: 'request', limit: 1 }, never],
  [
    'a handshake too large',
    'handshake',
    { kind: 'too-large', direction: 'request', limit: 1 },
    { action: 'give-up' },
  ],
];

describe('what is no refusal', () => {
  test.each(others)('%s', (_name, step, failure, recovery) => {
    expect(recoveryFrom(failure, step)).toEqual(recovery);
  });
});

test('a reply that was lost is never just asked for again', () => {
  const lost: readonly BayeuxFailure[] = others
    .map(([, , failure]) => failure)
    .filter(({ kind }) => kind === 'network' || kind === 'timeout' || kind === 'garbage');
  expect(lost.length).toBeGreaterThan(3);
  for (const failure of lost)
    expect(recoveryFrom(failure, 'connect').action, failure.kind).not.toBe('poll-again');
});
