import { redact } from '@millrace/core';
import { manualClock } from '@millrace/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HttpAnswer, HttpScript } from './support/http-script.ts';
import { httpScript } from './support/http-script.ts';
import { retryAfterOf } from '../../src/auth/unavailable.ts';
import { usernamePassword } from '../../src/auth/username-password.ts';
import { failureOf, granted, loginContext, secrets } from './support/logins.ts';

let server: HttpScript;

beforeEach(async () => {
  server = await httpScript(() => ({ body: granted() }));
});
afterEach(() => server.close());

const { clientId, clientSecret, password } = secrets;
const provider = () =>
  usernamePassword({ clientId, clientSecret, username: 'a@example.com', password, loginUrl: server.url });

async function failure(answer: HttpAnswer | 'cut', context = loginContext()) {
  server.answer(() => answer);
  const error = await failureOf(provider().login(context));
  // Logs take out what looks like a credential; nothing of ours should.
  expect(redact(error.message)).toBe(error.message);
  return error;
}

const oauth = (error: string, error_description?: string, status = 400): HttpAnswer => ({
  status,
  body: { error, error_description },
});

describe('permanent: what Salesforce says, and what to do', () => {
  test.each<[string, string | undefined, RegExp]>([
    ['invalid_client_id', 'client identifier invalid', /Check `clientId`/],
    ['invalid_client', 'invalid client credentials', /Check `clientSecret`/],
    ['unsupported_grant_type', 'grant type not supported', /username-password flow/],
    ['inactive_user', 'user is inactive', /Activate it/],
    ['inactive_org', undefined, /Ask Salesforce support/],
    ['invalid_app_access', 'user is not admin approved to access this app', /permission set access/],
    ['invalid_grant', 'authentication failure', /security token/],
    ['invalid_grant', 'expired access/refresh token', /Authorize the app again/],
    ['invalid_grant', "user hasn't approved this consumer", /pre-authorized/],
    ['invalid_grant', 'Audience validation failed', /`aud`/],
    ['invalid_grant', 'ip restricted', /IP ranges/],
    ['invalid_grant', 'request not supported on this domain', /Set `loginUrl`/],
    ['invalid_grant', 'no client credentials user enabled', /user it runs as/],
    ['invalid_grant', 'invalid assertion', /clock of this machine/],
    ['invalid_grant', 'user is locked out', /Unlock the user/],
    ['a_new_error', 'in words of its own', /OAuth settings/],
  ])('%s: %s', async (code, description, remedy) => {
    const error = await failure(oauth(code, description));
    expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_DENIED' });
    expect(error.message).toMatch(remedy);
    expect(error.message).toContain(description === undefined ? code : `${code}, "${description}"`);
    expect(error.message).toContain(server.url);
  });

  test('invalid_client with HTTP 401', async () => {
    expect(await failure(oauth('invalid_client', '', 401))).toMatchObject({ code: 'SALESFORCE_AUTH_DENIED' });
  });
});

describe('passing', () => {
  test.each<[string, HttpAnswer | 'cut', RegExp]>([
    ['unknown_error', oauth('unknown_error', 'retry your request'), /worth another try/],
    ['rate_limit_exceeded', oauth('rate_limit_exceeded', 'login rate exceeded'), /worth another try/],
    ['a rate limit in words', oauth('invalid_grant', 'login rate exceeded'), /worth another try/],
    ['HTTP 500 with an OAuth error', oauth('invalid_grant', 'x', 500), /worth another try/],
    ['HTTP 429 with an OAuth error', oauth('invalid_grant', 'x', 429), /worth another try/],
    [
      'HTTP 503 with HTML',
      { status: 503, body: '<html>Down for maintenance</html>' },
      /the server fails \(HTTP 503\)/,
    ],
    ['HTTP 429 without a body', { status: 429 }, /no more logins/],
    [
      'HTTP 404 with HTML',
      { status: 404, body: '<!doctype html>' },
      /HTML \(HTTP 404\), so it is no OAuth endpoint/,
    ],
    ['HTTP 404 with nothing', { status: 404 }, /nothing \(HTTP 404\), so it is no OAuth endpoint/],
    ['HTTP 200 with HTML', { body: '  <html></html>' }, /HTML \(HTTP 200\)/],
    ['truncated JSON', { body: '{"access_token":"abc' }, /no JSON of an OAuth endpoint \(HTTP 200\)/],
    ['another JSON', { body: { hello: 'world' } }, /no JSON of an OAuth endpoint/],
    ['a token that is no text', { body: granted(7 as unknown as string) }, /no JSON of an OAuth endpoint/],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://other.example/x?y' } },
      /redirects to https:\/\/other\.example \(HTTP 302\)/,
    ],
    [
      'no organisation',
      { body: granted('token', { id: 'https://login.salesforce.com/id' }) },
      /without an id/,
    ],
    [
      'an instance without TLS',
      { body: granted('token', { instance_url: 'http://example.com' }) },
      /without a usable instance_url/,
    ],
    ['a connection that breaks off', 'cut', /broke off/],
  ])('%s', async (_what, answer, message) => {
    const error = await failure(answer);
    expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(server.url);
  });

  test('a redirect is not followed: the secrets would go there', async () => {
    await failure({ status: 307, headers: { location: `${server.url}/elsewhere` } });
    expect(server.calls).toHaveLength(1);
  });

  test('nobody listens', async () => {
    const lost = provider();
    await server.close();
    const error = await failureOf(lost.login(loginContext()));
    expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
    expect(String(error.cause)).toContain('ECONNREFUSED');
    server = await httpScript(() => ({}));
  });

  test('no answer within 30 seconds', async () => {
    const clock = manualClock();
    const asked = Promise.withResolvers<void>();
    server.answer(() => {
      asked.resolve();
      return new Promise(() => {});
    });
    const failing = failureOf(provider().login(loginContext({ clock })));
    await asked.promise;
    await clock.advance(29_999);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await failing).toMatchObject({
      code: 'SALESFORCE_AUTH_UNAVAILABLE',
      message: expect.stringContaining('did not answer within 30 s') as unknown,
    });
    expect(clock.pending).toBe(0);
  });

  test('a client that takes no notice of its signal does not hang a login', async () => {
    const clock = manualClock();
    const failing = failureOf(provider().login(loginContext({ clock, fetch: () => new Promise(() => {}) })));
    await clock.advance(30_000);
    expect(await failing).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
  });
});

test('a login leaves no timer behind', async () => {
  const clock = manualClock();
  await provider().login(loginContext({ clock }));
  expect(clock.pending).toBe(0);
});

test('an aborted login rejects with the reason', async () => {
  const controller = new AbortController();
  server.answer(() => {
    controller.abort(new Error('stop'));
    return new Promise(() => {});
  });
  expect((await failureOf(provider().login(loginContext({ signal: controller.signal })))).message).toBe(
    'stop',
  );
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);
  test.each([
    ['7', 7_000],
    [new Date(now + 90_000).toUTCString(), 90_000],
    [new Date(now - 90_000).toUTCString(), 0],
    ['999999999', 3_600_000],
    ['soon', undefined],
  ])('%s', async (header, milliseconds) => {
    const clock = { ...manualClock(now), setTimeout: () => () => {} };
    const error = await failure({ status: 429, headers: { 'retry-after': header } }, loginContext({ clock }));
    expect(retryAfterOf(error)).toBe(milliseconds);
  });

  test('with an OAuth error', async () => {
    const answer = { ...oauth('rate_limit_exceeded'), headers: { 'retry-after': '3' } };
    expect(retryAfterOf(await failure(answer))).toBe(3_000);
    expect(retryAfterOf(new Error('another'))).toBeUndefined();
  });
});
