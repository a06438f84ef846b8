import { createPublicKey, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { manualClock } from '@millrace/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuthProvider } from '../../src/auth/provider.ts';
import { clientCredentials } from '../../src/auth/client-credentials.ts';
import { jwtBearer } from '../../src/auth/jwt-bearer.ts';
import { refreshToken } from '../../src/auth/refresh-token.ts';
import { usernamePassword } from '../../src/auth/username-password.ts';
import type { HttpScript } from './support/http-script.ts';
import { httpScript } from './support/http-script.ts';
import {
  failureOf,
  granted,
  instanceUrl,
  keys,
  loginContext,
  orgId,
  pem,
  providersAt,
  secrets,
} from './support/logins.ts';

let server: HttpScript;

beforeEach(async () => {
  server = await httpScript(() => ({ body: granted() }));
});
afterEach(() => server.close());

const { clientId, clientSecret, password, securityToken } = secrets;
const username = 'integration@example.com';

async function formOf(provider: AuthProvider): Promise<Record<string, string>> {
  expect(await provider.login(loginContext())).toEqual({ accessToken: 'token', instanceUrl, orgId });
  const call = server.calls.at(-1);
  expect(call).toMatchObject({
    method: 'POST',
    path: '/services/oauth2/token',
    contentType: 'application/x-www-form-urlencoded',
  });
  return Object.fromEntries(new URLSearchParams(call?.body));
}

test('usernamePassword puts the security token behind the password', async () => {
  const options = { clientId, clientSecret, username, password, loginUrl: server.url };
  const form = { grant_type: 'password', client_id: clientId, client_secret: clientSecret, username };
  expect(await formOf(usernamePassword({ ...options, securityToken }))).toEqual({
    ...form,
    password: password + securityToken,
  });
  expect(await formOf(usernamePassword(options))).toEqual({ ...form, password });
});

test('clientCredentials', async () => {
  expect(await formOf(clientCredentials({ clientId, clientSecret, loginUrl: server.url }))).toEqual({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
});

describe('jwtBearer', () => {
  const options = { clientId, username, privateKey: pem };

  /** The parts of the assertion, its signature verified. */
  async function assertionOf(provider: AuthProvider, now: number) {
    const bodies: string[] = [];
    const fetch: typeof globalThis.fetch = (_url, init) => {
      bodies.push(typeof init?.body === 'string' ? init.body : '');
      return Promise.resolve(Response.json(granted()));
    };
    await provider.login(loginContext({ fetch, clock: manualClock(now) }));
    const form = new URLSearchParams(bodies[0]);
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    expect([...form.keys()]).toEqual(['grant_type', 'assertion']);
    const [header = '', claims = '', signature = ''] = form.get('assertion')?.split('.') ?? [];
    const content = Buffer.from(`${header}.${claims}`);
    expect(
      verify(
        'RSA-SHA256',
        content,
        createPublicKey(keys.publicKey.export({ type: 'pkcs1', format: 'pem' })),
        Buffer.from(signature, 'base64url'),
      ),
    ).toBe(true);
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    return { header: read(header), claims: read(claims) };
  }

  test('signs an assertion that is good for less than three minutes', async () => {
    const now = Date.UTC(2026, 0, 1);
    expect(await assertionOf(jwtBearer(options), now)).toEqual({
      header: { alg: 'RS256' },
      claims: {
        iss: clientId,
        sub: username,
        aud: 'https://login.salesforce.com',
        exp: now / 1_000 + 120,
      },
    });
  });

  test('takes a KeyObject', async () => {
    const provider = jwtBearer({ ...options, privateKey: keys.privateKey });
    expect((await assertionOf(provider, 0)).claims).toMatchObject({ iss: clientId });
  });

  test.each([
    ['production', {}, 'https://login.salesforce.com'],
    ['a sandbox', { sandbox: true }, 'https://test.salesforce.com'],
    ['My Domain', { loginUrl: 'https://acme.my.salesforce.com' }, 'https://login.salesforce.com'],
    [
      'a developer org',
      { loginUrl: 'https://acme-dev-ed.develop.my.salesforce.com' },
      'https://login.salesforce.com',
    ],
    [
      'My Domain of a sandbox',
      { loginUrl: 'https://acme--dev.sandbox.my.salesforce.com' },
      'https://test.salesforce.com',
    ],
    ['a scratch org', { loginUrl: 'https://acme.scratch.my.salesforce.com' }, 'https://test.salesforce.com'],
    ['a sandbox of old', { loginUrl: 'https://acme--dev.my.salesforce.com' }, 'https://test.salesforce.com'],
    ['the sandbox host', { loginUrl: 'https://test.salesforce.com/' }, 'https://test.salesforce.com'],
    ['one of your own', { audience: 'https://site.example' }, 'https://site.example'],
  ])('the audience for %s', async (_what, host, aud) => {
    expect((await assertionOf(jwtBearer({ ...options, ...host }), 0)).claims).toMatchObject({ aud });
  });
});

describe('refreshToken', () => {
  const options = () => ({ clientId, refreshToken: 'first', loginUrl: server.url });
  const sent = () => server.calls.map(({ body }) => new URLSearchParams(body).get('refresh_token'));

  test('with a secret and without', async () => {
    const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token: 'first' };
    expect(await formOf(refreshToken(options()))).toEqual(form);
    expect(await formOf(refreshToken({ ...options(), clientSecret }))).toEqual({
      ...form,
      client_secret: clientSecret,
    });
  });

  test('a rotated token is handed over and used from then on', async () => {
    const told: string[] = [];
    const provider = refreshToken({ ...options(), onRefreshToken: (token) => void told.push(token) });
    server.answerNext(() => ({ body: granted('one', { refresh_token: 'second' }) }));
    server.answerNext(() => ({ body: granted('two', { refresh_token: 'second' }) }));
    await provider.login(loginContext());
    await provider.login(loginContext());
    await provider.login(loginContext());
    expect(told).toEqual(['second']);
    expect(sent()).toEqual(['first', 'second', 'second']);
  });

  test('a rotated token that could not be stored is handed over again, before it is used', async () => {
    const told: string[] = [];
    const provider = refreshToken({
      ...options(),
      onRefreshToken(token) {
        told.push(token);
        if (told.length < 3) throw new Error(`no disk for ${token}`);
      },
    });
    server.answer(() => ({ body: granted('one', { refresh_token: 'second' }) }));
    for (const calls of [1, 1]) {
      const error = await failureOf(provider.login(loginContext()));
      expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
      expect(error.message).toContain('`onRefreshToken` of refreshToken() failed');
      expect(inspect(error, { depth: Infinity })).not.toMatch(/for second/);
      expect(server.calls).toHaveLength(calls);
    }
    await provider.login(loginContext());
    expect(told).toEqual(['second', 'second', 'second']);
    expect(sent()).toEqual(['first', 'second']);
  });

  test('a login that nobody waits for any more is finished: its rotated token would be lost', async () => {
    const told: string[] = [];
    const provider = refreshToken({ ...options(), onRefreshToken: (token) => void told.push(token) });
    const controller = new AbortController();
    server.answerNext(() => {
      controller.abort();
      return { body: granted('one', { refresh_token: 'second' }) };
    });
    await provider.login(loginContext({ signal: controller.signal }));
    expect(told).toEqual(['second']);
  });

  test('logins at the same time, of a source and a publisher, do not use one token twice', async () => {
    const provider = refreshToken(options());
    server.answerNext(() => ({ body: granted('one', { refresh_token: 'second' }) }));
    server.answerNext(() => ({ body: granted('two', { refresh_token: 'third' }) }));
    await Promise.all([provider.login(loginContext()), provider.login(loginContext())]);
    expect(sent()).toEqual(['first', 'second']);
  });

  test('one that failed does not keep the next from trying', async () => {
    const provider = refreshToken(options());
    server.answerNext(() => ({ status: 503 }));
    const [one, other] = await Promise.allSettled([
      provider.login(loginContext()),
      provider.login(loginContext()),
    ]);
    expect([one.status, other.status]).toEqual(['rejected', 'fulfilled']);
  });
});

test.each([
  ['https://login.salesforce.com', {}],
  ['https://login.salesforce.com', { sandbox: false }],
  ['https://test.salesforce.com', { sandbox: true }],
  ['https://acme.my.salesforce.com', { loginUrl: 'https://ACME.my.salesforce.com/' }],
  ['http://localhost:8080', { loginUrl: 'http://localhost:8080' }],
  ['http://[::1]:8080', { loginUrl: 'http://[::1]:8080' }],
])('logs in at %s', async (host, options) => {
  const urls: unknown[] = [];
  const fetch: typeof globalThis.fetch = (url) => {
    urls.push(url);
    return Promise.resolve(Response.json(granted()));
  };
  await jwtBearer({ clientId, username, privateKey: pem, ...options }).login(loginContext({ fetch }));
  expect(urls).toEqual([`${host}/services/oauth2/token`]);
});

test('the organisation is found in the token where the answer has no id', async () => {
  server.answer(() => ({ body: granted('00Dx0000000BV7z!secretpart', { id: undefined }) }));
  const [provider] = providersAt(server.url);
  expect(await provider?.login(loginContext())).toMatchObject({ orgId });
});
