import { expect, test, vi } from 'vitest';
import type { HttpFault, MetaFault } from '../../../src/salesforce.ts';
import { channel, eventsOf, login, rawClient, requestToken, startOrg } from '../support/raw-client.ts';

const now = { advice: { timeout: 0 } };

async function started() {
  const org = await startOrg({ eventsInSubscribeReply: false });
  return { org, client: await (await rawClient(org)).start() };
}

test.each([401, 403, 408, 429, 500, 502, 503])('HTTP %i comes instead of an answer', async (status) => {
  const { org, client } = await started();
  org.faults.next('connect', { kind: 'status', status });

  const refused = await client.connect(now);

  expect(refused.status).toBe(status);
  expect(refused.headers.get('content-type')).toContain('application/json');
  expect((await client.connect(now)).messages[0]).toMatchObject({ successful: true });
  expect(org.counters).toMatchObject({ faults: 1, connects: 2 });
});

test('HTTP 401 is about the session id, 429 may say when to come back, and 503 may be a page', async () => {
  const { org, client } = await started();
  org.faults.next('connect', { kind: 'status', status: 401 });
  org.faults.next('connect', { kind: 'status', status: 429, retryAfter: 7 });
  org.faults.next('connect', { kind: 'status', status: 503, body: 'html' });
  org.faults.next('connect', { kind: 'status', status: 502, body: 'none' });

  expect((await client.connect()).messages).toEqual([
    { errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' },
  ]);
  expect((await client.connect()).headers.get('retry-after')).toBe('7');
  expect((await client.connect()).text).toContain('<html>');
  expect((await client.connect()).text).toBe('');
});

test.each<[HttpFault, RegExp]>([
  [{ kind: 'html' }, /^<!DOCTYPE html>/],
  [{ kind: 'empty-array' }, /^\[\]$/],
  [{ kind: 'truncate' }, /^\[\{.*[^\]]$/],
])('%o', async (fault, text) => {
  const { org, client } = await started();
  org.faults.next('connect', fault);

  expect(await client.connect(now)).toMatchObject({
    status: 200,
    text: expect.stringMatching(text),
    messages: [],
  });
});

test('a connection that is reset in the middle of the body', async () => {
  const { org, client } = await started();
  org.faults.next('connect', { kind: 'reset' });

  await expect(client.connect(now)).rejects.toThrow(/terminated|fetch failed/);

  expect((await client.connect(now)).messages[0]).toMatchObject({ successful: true });
});

test('a black hole never answers', async () => {
  const { org, client } = await started();
  org.faults.next('connect', { kind: 'black-hole' });
  let answered = false;
  const hanging = client.connect(now).then(
    () => (answered = true),
    () => false,
  );
  await vi.waitFor(() => expect(org.counters.faults).toBe(1));
  await client.connect(now);

  expect(answered).toBe(false);
  await org.close();
  expect(await hanging).toBe(false);
});

test('a slow drip ends well', async () => {
  const { org, client } = await started();
  org.faults.next('connect', { kind: 'drip', bytes: 20, pause: 1 });

  expect((await client.connect(now)).messages[0]).toMatchObject({ successful: true });
});

test('a redirect', async () => {
  const { org, client } = await started();
  org.faults.next('connect', { kind: 'redirect', status: 307, to: 'https://elsewhere.example.com' });

  const { status, headers } = await client.connect(now);

  expect([status, headers.get('location')]).toEqual([307, 'https://elsewhere.example.com/cometd/66.0']);
});

test('the server is busy, which only the failure reason tells', async () => {
  const { org, client } = await started();
  const busy = {
    successful: false,
    ext: { sfdc: { failureReason: '503::Server is too busy. Please try your request again later.' } },
  };
  for (const target of ['connect', 'subscribe', 'unsubscribe', 'disconnect', 'handshake'] as const) {
    org.faults.next(target, { kind: 'busy' });
  }

  expect((await client.connect(now)).messages).toMatchObject([
    { ...busy, error: '401::Authentication invalid' },
  ]);
  expect((await client.subscribe(channel)).messages).toMatchObject([
    { ...busy, error: '403:denied_by_security_policy:subscribe_denied' },
  ]);
  expect((await client.post(client.meta('unsubscribe', { subscription: channel }))).messages).toMatchObject([
    busy,
  ]);
  expect((await client.post(client.meta('disconnect'))).messages).toMatchObject([busy]);
  expect(org.counters.sessions).toBe(1);
  expect((await client.handshake()).messages).toMatchObject([{ ...busy, error: '403::Handshake denied' }]);
});

test.each<[MetaFault, string]>([
  [{ kind: 'unknown-client' }, '403::Unknown client'],
  [{ kind: 'authentication' }, '401::Authentication invalid'],
  [{ kind: 'concurrent-users' }, '403::Organization concurrent user limit exceeded'],
  [{ kind: 'daily-limit' }, '403::Organization total events daily limit exceeded'],
  [{ kind: 'refuse', error: '403::Restricted channel' }, '403::Restricted channel'],
])('a connect is refused by %o', async (fault, error) => {
  const { org, client } = await started();
  org.faults.next('connect', fault);

  expect((await client.connect(now)).messages.at(-1)).toMatchObject({ error, successful: false });
});

test('the client is unknown right after a good handshake, twice', async () => {
  const org = await startOrg();
  const client = await rawClient(org);
  org.faults.next('connect', { kind: 'unknown-client' }, { times: 2 });

  const outcomes: unknown[] = [];
  for (let round = 0; round < 3; round += 1) {
    outcomes.push((await client.handshake()).messages[0]?.['successful']);
    outcomes.push((await client.connect()).messages[0]?.['successful']);
  }

  expect(outcomes).toEqual([true, false, true, false, true, true]);
});

test('the server disconnects while it answers a connect', async () => {
  const { org, client } = await started();
  org.faults.next('connect', { kind: 'kick', successful: true });

  expect((await client.connect()).messages).toMatchObject([
    { channel: '/meta/disconnect', successful: true },
    { channel: '/meta/connect' },
  ]);
});

test('replies without an id', async () => {
  const { org, client } = await started();
  org.faults.next('subscribe', { kind: 'without-id' });

  const { messages } = await client.subscribe(channel);

  expect(messages).toMatchObject([{ channel: '/meta/subscribe', successful: true }]);
  expect(messages[0]).not.toHaveProperty('id');
});

test('events that come twice', async () => {
  const { org, client } = await started();
  await client.subscribe(channel);
  org.publish(channel, {});
  org.faults.next('connect', { kind: 'duplicate-events' });

  const [one, two] = eventsOf(await client.connect());

  expect(one).toBeDefined();
  expect(two).toEqual(one);
});

test('one channel is refused as long as it is said so', async () => {
  const other = '/event/Other__e';
  const org = await startOrg({ channels: { [channel]: {}, [other]: {} } });
  const client = await (await rawClient(org)).start();
  const error = '403:denied_by_security_policy:subscribe_denied';
  org.faults.next('subscribe', { kind: 'refuse', error }, { channel: other, times: Infinity });

  expect((await client.subscribe(other)).messages[0]).toMatchObject({ error });
  expect((await client.subscribe(other)).messages[0]).toMatchObject({ error });
  expect((await client.subscribe(channel)).messages[0]).toMatchObject({ successful: true });
  expect(org.faults.pending).toBe(Infinity);
  org.faults.clear('connect');
  expect(org.faults.pending).toBe(Infinity);
  org.faults.clear();
  expect((await client.subscribe(other)).messages[0]).toMatchObject({ successful: true });
});

test('token requests and REST calls have faults too', async () => {
  const org = await startOrg();
  org.faults.next('token', { kind: 'oauth', error: 'inactive_user', description: 'user is inactive' });
  org.faults.next('token', { kind: 'status', status: 503 });
  org.faults.next('rest', { kind: 'status', status: 500 });

  const denied = await requestToken(org, {});
  expect([denied.status, await denied.json()]).toEqual([
    400,
    { error: 'inactive_user', error_description: 'user is inactive' },
  ]);
  expect((await requestToken(org, {})).status).toBe(503);
  expect((await fetch(`${org.url}/services/data/`)).status).toBe(500);
  expect((await fetch(`${org.url}/services/data/`)).status).toBe(200);
  expect(org.acceptsToken(await login(org))).toBe(true);
});

test('a token is revoked, and a route runs out, by script', async () => {
  const { org, client } = await started();
  org.faults.next('connect', { kind: 'expire-routes' });
  org.faults.next('connect', { kind: 'revoke-tokens' });

  expect((await client.connect()).messages).toMatchObject([{ error: '403::Unknown client' }]);
  expect((await client.connect()).messages.at(-1)).toMatchObject({ error: '401::Authentication invalid' });
});
