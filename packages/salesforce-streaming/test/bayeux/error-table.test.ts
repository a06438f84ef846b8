import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { BayeuxError, BayeuxFailure, MetaChannel } from '../../src/bayeux.ts';
import type { SalesforceErrorCode } from '../../src/errors.ts';
import type { TestClient } from './support/client.ts';
import { clientOf, errorOf } from './support/client.ts';
import type { Received } from './support/raw-server.ts';
import { rawServer, refusal, send, success } from './support/raw-server.ts';

/** What a step meets when the server answers like that, in the server's own words. */
async function meets(
  step: MetaChannel,
  reply: (request: Received) => unknown,
  http: Parameters<typeof send>[2] = {},
): Promise<BayeuxError> {
  let scripted = step === '/meta/handshake';
  const server = await rawServer((request, response) =>
    scripted ? send(response, reply(request), http) : send(response, [success(request)]),
  );
  const client = clientOf(server.url);
  if (!scripted) await client.handshake();
  scripted = true;
  return (await errorOf(take(client, step))) as BayeuxError;
}

function take(client: TestClient, step: MetaChannel): Promise<unknown> {
  switch (step) {
    case '/meta/handshake':
      return client.handshake();
    case '/meta/connect':
      return client.connect();
    case '/meta/subscribe':
      return client.subscribe('/event/X__e');
    case '/meta/unsubscribe':
      return client.unsubscribe('/event/X__e');
    case '/meta/disconnect':
      return client.disconnect();
  }
}

const none = { reconnect: 'none', interval: 0 };
const sfdc = (failureReason: string) => ({ ext: { sfdc: { failureReason }, replay: true } });

interface Row {
  readonly on: MetaChannel;
  readonly error: string;
  readonly failureReason?: string;
  readonly advice?: object;
  readonly reason: readonly [code: number | undefined, text: string];
  readonly code: SalesforceErrorCode;
}

const replayId =
  'The replayId {17} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.';
const missingEntry =
  "The replayId for channel {/event/X__e} wasn't found using the provided replay ID map {{/event/Y__e: 5}}";
const simultaneous =
  'To protect all customers from excessive use, we limit simultaneous connections per user';
const denied = (text: string): Row => ({
  on: '/meta/subscribe',
  error: `403::${text}`,
  reason: [403, text],
  code: 'SALESFORCE_CHANNEL_DENIED',
});
const missing = (code: number, text: string): Row => ({
  on: '/meta/subscribe',
  error: `${code}::${text}`,
  reason: [code, text],
  code: 'SALESFORCE_CHANNEL_MISSING',
});
const unknownClient = (on: MetaChannel, error: string, advice: object): Row => ({
  on,
  error,
  advice,
  reason: [Number(error.slice(0, 3)), error.slice(5)],
  code: 'SALESFORCE_SESSION_REFUSED',
});
const busy = (on: MetaChannel, failureReason: string, reason: Row['reason']): Row => ({
  on,
  error:
    on === '/meta/subscribe'
      ? '403:denied_by_security_policy:subscribe_denied'
      : '401::Authentication invalid',
  failureReason,
  reason,
  code: 'SALESFORCE_BUSY',
});

const rows: readonly Row[] = [
  {
    on: '/meta/connect',
    error: '401::Authentication invalid',
    advice: none,
    reason: [401, 'Authentication invalid'],
    code: 'SALESFORCE_SESSION_REFUSED',
  },
  ...['Authentication invalid', 'Request requires authentication'].map((text): Row => ({
    on: '/meta/handshake',
    error: '403::Handshake denied',
    failureReason: `401::${text}`,
    advice: none,
    reason: [401, text],
    code: 'SALESFORCE_SESSION_REFUSED',
  })),
  ...[simultaneous, 'Organization concurrent user limit exceeded'].map((text): Row => ({
    on: '/meta/handshake',
    error: '403::Handshake denied',
    failureReason: `403::${text}`,
    advice: none,
    reason: [403, text],
    code: 'SALESFORCE_LIMIT_EXCEEDED',
  })),
  ...(
    ['/meta/handshake', '/meta/connect', '/meta/subscribe', '/meta/unsubscribe', '/meta/disconnect'] as const
  ).flatMap((on) => [
    busy(on, '503::Server is too busy. Please try your request again later.', [
      503,
      'Server is too busy. Please try your request again later.',
    ]),
    busy(on, 'SERVER_UNAVAILABLE', [undefined, 'SERVER_UNAVAILABLE']),
  ]),
  ...(['/meta/connect', '/meta/subscribe', '/meta/unsubscribe'] as const).flatMap((on) => [
    unknownClient(on, '403::Unknown client', { reconnect: 'handshake', interval: 0 }),
    unknownClient(on, '403::Unknown client', none),
    unknownClient(on, '402::session_unknown', { reconnect: 'handshake' }),
    unknownClient(on, '402::Unknown client', { reconnect: 'handshake' }),
  ]),
  {
    on: '/meta/subscribe',
    error: `400::${replayId}`,
    reason: [400, replayId],
    code: 'SALESFORCE_POSITION_INVALID',
  },
  {
    on: '/meta/subscribe',
    error: `400::${missingEntry}`,
    reason: [400, missingEntry],
    code: 'SALESFORCE_POSITION_INVALID',
  },
  missing(400, "The channel you requested to subscribe to doesn't exist {/event/X__e}"),
  missing(404, 'Unknown channel'),
  missing(400, 'channel names may not vary only by case'),
  missing(400, "Channel subscriptions must start with a leading '/'"),
  {
    on: '/meta/subscribe',
    error: '403:denied_by_security_policy:create_denied',
    reason: [403, 'create_denied'],
    code: 'SALESFORCE_CHANNEL_DENIED',
  },
  {
    on: '/meta/subscribe',
    error: '403:denied_by_security_policy:subscribe_denied',
    reason: [403, 'subscribe_denied'],
    code: 'SALESFORCE_CHANNEL_DENIED',
  },
  denied('Cannot create channel /event/X__e'),
  denied('Restricted channel'),
  denied('No access on channel'),
  denied('User not enabled for streaming'),
  denied('User not allowed to subscribe CDC without View All Data permissions'),
  denied('Subscriber does not have access to the entity in this topic'),
  {
    on: '/meta/subscribe',
    error: '403::Subscription limit exceeded for this topic',
    reason: [403, 'Subscription limit exceeded for this topic'],
    code: 'SALESFORCE_LIMIT_EXCEEDED',
  },
  ...(['/meta/connect', '/meta/subscribe'] as const).map((on): Row => ({
    on,
    error: '403::Organization total events daily limit exceeded',
    reason: [403, 'Organization total events daily limit exceeded'],
    code: 'SALESFORCE_LIMIT_EXCEEDED',
  })),
  ...(['/meta/connect', '/meta/subscribe'] as const).map((on): Row => ({
    on,
    error: '400::Client 1abc has established a session, but no BAYEUX_BROWSER cookie present',
    reason: [400, 'Client 1abc has established a session, but no BAYEUX_BROWSER cookie present'],
    code: 'SALESFORCE_SESSION_REFUSED',
  })),
  {
    on: '/meta/handshake',
    error: '400::Invalid connection type',
    reason: [400, 'Invalid connection type'],
    code: 'SALESFORCE_SESSION_REFUSED',
  },
];

describe.each([200, 400, 401, 403])('as Bayeux messages with HTTP %i', (status) => {
  test.each(rows)('$on: $error $failureReason', async (row) => {
    const more = { advice: row.advice, ...(row.failureReason && sfdc(row.failureReason)) };
    const error = await meets(row.on, (request) => [refusal(request, row.error, more)], { status });
    const [code, text] = row.reason;
    expect(error.code).toBe(row.code);
    expect(error.failure).toMatchObject({
      kind: 'meta',
      channel: row.on,
      subscription: /subscribe/.test(row.on) ? '/event/X__e' : undefined,
      error: { raw: row.error },
      failureReason: row.failureReason === undefined ? undefined : { raw: row.failureReason },
      reason: { code, text },
      advice: row.advice,
      clientId: 'client-1',
      disconnected: false,
      status,
    });
    expect(error.message).toContain(text);
  });
});

describe('a session that the server ends', () => {
  const bare = { channel: '/meta/disconnect' };

  test.each([
    ['bare', bare],
    ['with success', { ...bare, successful: true, advice: none }],
    ['without success', { ...bare, successful: false, clientId: 'client-1' }],
  ])('%s /meta/disconnect alone', async (_, message) => {
    for (const on of ['/meta/connect', '/meta/subscribe'] as const) {
      const error = await meets(on, () => [message]);
      expect(error.code).toBe('SALESFORCE_CONNECTION_LOST');
      expect(error.failure).toEqual({
        kind: 'disconnected',
        error: undefined,
        advice: 'advice' in message ? none : undefined,
      });
    }
  });

  test('beside a successful connect', async () => {
    const error = await meets('/meta/connect', (request) => [success(request), bare]);
    expect(error.failure).toMatchObject({ kind: 'disconnected' });
  });

  test('before a 401: the 401 counts, whether it has an id and a channel or not', async () => {
    const anonymous = { successful: false, error: '401::Authentication invalid', advice: none };
    for (const reply of [
      (request: Received) => refusal(request, '401::Authentication invalid', { advice: none }),
      () => ({ channel: '/meta/connect', ...anonymous }),
      () => ({ channel: '/meta/handshake', ...anonymous }),
      () => anonymous,
    ]) {
      const { failure } = await meets('/meta/connect', (request) => [bare, reply(request)]);
      expect(failure).toMatchObject({
        kind: 'meta',
        channel: '/meta/connect',
        reason: { code: 401, text: 'Authentication invalid' },
        advice: none,
        disconnected: true,
      });
    }
  });

  test('with its cause in the /meta/disconnect itself', async () => {
    const { failure } = await meets('/meta/connect', () => [
      { ...bare, successful: false, error: '401::Authentication invalid', advice: none },
    ]);
    expect(failure).toMatchObject({ kind: 'disconnected', error: { code: 401 }, advice: none });
  });
});

test('replies without an id answer the request', async () => {
  const server = await rawServer(({ message: { channel } }, response) =>
    send(response, [
      channel === '/meta/disconnect' ? { channel } : { channel, successful: true, clientId: 'c' },
    ]),
  );
  const client = clientOf(server.url);
  await client.handshake();
  await client.connect();
  await client.subscribe('/a');
  expect(await client.disconnect()).toEqual({ channel: '/meta/disconnect' });
});

const invalidSession = [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }];
const http = (status: number, more: object = {}): BayeuxFailure => ({
  kind: 'http',
  status,
  retryAfter: undefined,
  errorCode: undefined,
  ...more,
});

describe('as HTTP errors', () => {
  test.each<[number, unknown, BayeuxFailure, SalesforceErrorCode]>([
    [401, invalidSession, http(401, { errorCode: 'INVALID_SESSION_ID' }), 'SALESFORCE_SESSION_REFUSED'],
    [403, invalidSession, http(403, { errorCode: 'INVALID_SESSION_ID' }), 'SALESFORCE_SESSION_REFUSED'],
    [401, '', http(401), 'SALESFORCE_SESSION_REFUSED'],
    [400, 'Unsupported API version', http(400), 'SALESFORCE_RESPONSE_INVALID'],
    [404, { errorCode: 'NOT_FOUND' }, http(404, { errorCode: 'NOT_FOUND' }), 'SALESFORCE_RESPONSE_INVALID'],
    [408, '', { kind: 'poll-expired' }, 'SALESFORCE_CONNECTION_LOST'],
    [
      413,
      'Maximum Request Size Exceeded',
      { kind: 'too-large', direction: 'request', limit: 32_768 },
      'SALESFORCE_REQUEST_TOO_LARGE',
    ],
    [429, '', http(429), 'SALESFORCE_BUSY'],
    [500, '<html>Error</html>', http(500), 'SALESFORCE_UNREACHABLE'],
    [502, '<html>Bad gateway</html>', http(502), 'SALESFORCE_UNREACHABLE'],
    [503, '', http(503), 'SALESFORCE_BUSY'],
  ])('HTTP %i with %j', async (status, body, failure, code) => {
    for (const on of ['/meta/handshake', '/meta/connect', '/meta/subscribe'] as const) {
      const error = await meets(on, () => body, { status });
      expect(error.failure).toEqual(failure);
      expect(error.code).toBe(code);
    }
  });

  test.each([
    ['120', 120_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['later', undefined],
  ])('Retry-After: %s', async (value, retryAfter) => {
    const { failure } = await meets('/meta/connect', () => '', {
      status: 503,
      headers: { 'retry-after': value },
    });
    expect(failure).toEqual(http(503, { retryAfter }));
  });

  test('HTTP 408 with a message is what the message says', async () => {
    const { failure } = await meets(
      '/meta/connect',
      (request) => [refusal(request, '408::session expired')],
      { status: 408 },
    );
    expect(failure).toMatchObject({ kind: 'meta', reason: { code: 408 }, status: 408 });
  });
});

test('no error holds the token or the cookies', async () => {
  const error = await meets(
    '/meta/handshake',
    (request) => [refusal(request, '401::Bearer secret-token is invalid')],
    { headers: { 'set-cookie': 'sid=secret-cookie' } },
  );
  expect(inspect(error, { depth: null })).not.toMatch(/secret/);
});
