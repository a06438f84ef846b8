import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../../src/manual-clock.ts';
import type { SalesforceEmulator } from '../../../src/salesforce.ts';
import { login, rawClient, requestToken, startOrg } from '../support/raw-client.ts';

const jwtGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

function forms(org: SalesforceEmulator): Record<string, Record<string, string>> {
  const { clientId, clientSecret, username, password, refreshToken } = org.credentials;
  const client = { client_id: clientId, client_secret: clientSecret };
  return {
    password: { grant_type: 'password', ...client, username, password },
    refresh: { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken },
    client: { grant_type: 'client_credentials', ...client },
    jwt: { grant_type: jwtGrant, assertion: assertion(org) },
  };
}

function claimsOf(org: SalesforceEmulator, now = Date.now()) {
  return {
    iss: org.credentials.clientId,
    sub: org.credentials.username,
    aud: 'https://login.salesforce.com',
    exp: Math.floor(now / 1_000) + 180,
  };
}

function assertion(
  org: SalesforceEmulator,
  claims: object = {},
  { alg = 'RS256', key = org.credentials.privateKey } = {},
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg })}.${part({ ...claimsOf(org), ...claims })}`;
  const signature =
    alg === 'HS256'
      ? createHmac('sha256', key).update(signed).digest('base64url')
      : sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url');
  return `${signed}.${signature}`;
}

async function refused(org: SalesforceEmulator, form: Record<string, string>) {
  const response = await requestToken(org, form);
  return { status: response.status, ...((await response.json()) as object) };
}

test.each(['password', 'refresh', 'client', 'jwt'])('logs in by %s', async (grant) => {
  const org = await startOrg();

  const response = await requestToken(org, forms(org)[grant] ?? {});

  const body = (await response.json()) as Record<string, string>;
  expect(response.status).toBe(200);
  expect(body).toMatchObject({ instance_url: org.url, token_type: 'Bearer' });
  expect(body['id']).toMatch(new RegExp(`/id/${org.orgId}/005\\w{15}$`));
  expect(body['issued_at']).toMatch(/^\d{13}$/);
  expect(Object.keys(body)).not.toContain('expires_in');
  expect(org.acceptsToken(body['access_token'] ?? '')).toBe(true);
  expect(org.counters).toMatchObject({ logins: 1, loginsRefused: 0 });
});

test('a client may name itself by HTTP Basic', async () => {
  const org = await startOrg();
  const { clientId, clientSecret } = org.credentials;
  const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;

  const response = await requestToken(org, { grant_type: 'client_credentials' }, { authorization });

  expect(response.status).toBe(200);
});

test.each([
  ['password', { password: 'wrong' }, 'invalid_grant', 'authentication failure'],
  ['password', { username: 'wrong' }, 'invalid_grant', 'authentication failure'],
  ['password', { client_secret: 'wrong' }, 'invalid_client', 'invalid client credentials'],
  ['client', { client_id: 'wrong' }, 'invalid_client_id', 'client identifier invalid'],
  ['client', { client_secret: 'wrong' }, 'invalid_client', 'invalid client credentials'],
  ['client', { grant_type: 'magic' }, 'unsupported_grant_type', 'grant type not supported'],
  ['refresh', { refresh_token: 'wrong' }, 'invalid_grant', 'expired access/refresh token'],
  ['refresh', { client_secret: 'wrong' }, 'invalid_client', 'invalid client credentials'],
])('refuses %s with %o', async (grant, change, error, description) => {
  const org = await startOrg();

  const answer = await refused(org, { ...forms(org)[grant], ...change });

  expect(answer).toEqual({ status: 400, error, error_description: description });
  expect(org.counters).toMatchObject({ logins: 0, loginsRefused: 1 });
});

describe('an assertion is refused', () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const strangerKey = stranger.export({ type: 'pkcs8', format: 'pem' }).toString();

  test.each([
    ['of another app', { iss: 'wrong' }, 'client identifier invalid'],
    ['of another user', { sub: 'wrong' }, "user hasn't approved this consumer"],
    ['for another audience', { aud: 'https://example.com' }, 'Audience validation failed'],
    ['that has expired', { exp: Math.floor(Date.now() / 1_000) - 181 }, 'expired assertion'],
    ['without an expiry', { exp: undefined }, 'expired assertion'],
    [
      'that is good for an hour',
      { exp: Math.floor(Date.now() / 1_000) + 3_600 },
      'assertion is valid for too long',
    ],
  ])('%s', async (_, claims, description) => {
    const org = await startOrg();
    expect(await refused(org, { grant_type: jwtGrant, assertion: assertion(org, claims) })).toMatchObject({
      status: 400,
      error_description: description,
    });
  });

  test.each([
    ['signed by a stranger', { key: strangerKey }],
    ['signed with a secret', { alg: 'HS256' }],
    ['not signed at all', { alg: 'none' }],
  ])('%s', async (_, how) => {
    const org = await startOrg();
    expect(org.credentials.privateKey).toContain('PRIVATE KEY');
    expect(await refused(org, { grant_type: jwtGrant, assertion: assertion(org, {}, how) })).toMatchObject({
      error: 'invalid_grant',
      error_description: 'invalid assertion',
    });
  });

  test('that is no JWT', async () => {
    const org = await startOrg();
    expect(await refused(org, { grant_type: jwtGrant, assertion: 'a.b.c' })).toMatchObject({
      error_description: 'invalid assertion',
    });
  });
});

test('the expiry of an assertion is looked up on the clock of the org', async () => {
  const clock = manualClock();
  const org = await startOrg({ clock });
  const signed = assertion(org, claimsOf(org, clock.now()));
  expect((await requestToken(org, { grant_type: jwtGrant, assertion: signed })).status).toBe(200);

  await clock.advance(400_000);

  expect((await requestToken(org, { grant_type: jwtGrant, assertion: signed })).status).toBe(400);
});

test('a refresh token that rotates is good once', async () => {
  const org = await startOrg({ rotateRefreshTokens: true });
  const form = forms(org)['refresh'] ?? {};

  const first = (await (await requestToken(org, form)).json()) as { refresh_token: string };

  expect(first.refresh_token).toBe(org.credentials.refreshToken);
  expect((await requestToken(org, form)).status).toBe(400);
  expect((await requestToken(org, { ...form, refresh_token: first.refresh_token })).status).toBe(200);
});

test('a refresh token that does not rotate stays, until it is revoked', async () => {
  const org = await startOrg();
  const form = forms(org)['refresh'] ?? {};
  const first = (await (await requestToken(org, form)).json()) as object;
  expect(first).not.toHaveProperty('refresh_token');
  expect((await requestToken(org, form)).status).toBe(200);

  org.revokeTokens({ refreshToken: true });

  expect(await refused(org, form)).toMatchObject({ error_description: 'expired access/refresh token' });
});

test('tells who a token belongs to', async () => {
  const org = await startOrg();
  const token = await login(org);
  const ask = (bearer: string) =>
    fetch(`${org.url}/services/oauth2/userinfo`, { headers: { authorization: `Bearer ${bearer}` } });

  expect(await (await ask(token)).json()).toMatchObject({
    organization_id: org.orgId,
    preferred_username: org.credentials.username,
  });
  org.revokeTokens();
  const answer = await ask(token);
  expect([answer.status, await answer.text()]).toEqual([403, 'Bad_OAuth_Token']);
});

test('lists the API versions', async () => {
  const org = await startOrg();

  const versions = (await (await fetch(`${org.url}/services/data/`)).json()) as { version: string }[];

  expect(versions.at(-1)).toEqual({ label: "Summer '26", url: '/services/data/v67.0', version: '67.0' });
  expect(versions.at(-2)).toMatchObject({ label: "Spring '26" });
  expect(versions.at(-3)).toMatchObject({ label: "Winter '26" });
  expect(versions.at(-4)).toMatchObject({ label: "Summer '25" });
});

test('a revoked token is refused by the REST API too', async () => {
  const org = await startOrg();
  const client = await rawClient(org);
  org.revokeTokens();

  const response = await fetch(`${org.url}/services/data/v66.0/limits`, {
    headers: { authorization: `Bearer ${client.token}` },
  });

  expect(response.status).toBe(401);
});
