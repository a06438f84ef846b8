import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { isMillraceError } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import type { SupplyToken } from '../../src/auth/access-token.ts';
import { accessToken } from '../../src/auth/access-token.ts';
import type { ClientCredentialsOptions } from '../../src/auth/client-credentials.ts';
import { clientCredentials } from '../../src/auth/client-credentials.ts';
import type { JwtBearerOptions } from '../../src/auth/jwt-bearer.ts';
import { jwtBearer } from '../../src/auth/jwt-bearer.ts';
import type { RefreshTokenOptions } from '../../src/auth/refresh-token.ts';
import { refreshToken } from '../../src/auth/refresh-token.ts';
import { createAuthSession } from '../../src/auth/session.ts';
import type { UsernamePasswordOptions } from '../../src/auth/username-password.ts';
import { usernamePassword } from '../../src/auth/username-password.ts';
import { keys, pem, secrets } from './support/logins.ts';

const { clientId, clientSecret, password } = secrets;
const username = 'integration@example.com';

/** Options as JavaScript may give them. */
type Loose<T> = { readonly [K in keyof T]?: unknown };
const make = {
  usernamePassword: (options: Loose<UsernamePasswordOptions>) =>
    usernamePassword({ clientId, clientSecret, username, password, ...options } as UsernamePasswordOptions),
  refreshToken: (options: Loose<RefreshTokenOptions>) =>
    refreshToken({ clientId, refreshToken: secrets.refreshToken, ...options } as RefreshTokenOptions),
  jwtBearer: (options: Loose<JwtBearerOptions>) =>
    jwtBearer({ clientId, username, privateKey: pem, ...options } as JwtBearerOptions),
  clientCredentials: (options: Loose<ClientCredentialsOptions>) =>
    clientCredentials({
      clientId,
      clientSecret,
      loginUrl: 'https://acme.my.salesforce.com',
      ...options,
    } as ClientCredentialsOptions),
};

function refusalOf(make: () => unknown): Error {
  try {
    make();
  } catch (error) {
    if (isMillraceError(error, 'SALESFORCE_OPTIONS')) return error;
    throw error;
  }
  throw new Error('The options were taken.');
}

test.each([
  ['usernamePassword', ['clientId', 'clientSecret', 'username', 'password']],
  ['refreshToken', ['clientId', 'refreshToken']],
  ['jwtBearer', ['clientId', 'username', 'privateKey']],
  ['clientCredentials', ['clientId', 'clientSecret', 'loginUrl']],
] as const)('%s says what is missing', (provider, names) => {
  for (const name of names) {
    expect(refusalOf(() => make[provider]({ [name]: undefined })).message).toContain(
      `\`${name}\` of ${provider}() is missing. It is `,
    );
    expect(refusalOf(() => make[provider]({ [name]: ' ' })).message).toContain('is empty');
    expect(refusalOf(() => make[provider]({ [name]: 7 })).message).toContain('is not a text');
  }
});

test.each([
  ['usernamePassword', 'securityToken'],
  ['refreshToken', 'clientSecret'],
  ['jwtBearer', 'audience'],
] as const)('%s refuses an empty %s', (provider, name) => {
  expect(refusalOf(() => make[provider]({ [name]: '' })).message).toContain(
    `\`${name}\` of ${provider}() is empty`,
  );
});

describe('hosts', () => {
  test.each([
    ['acme', /is no URL\. Give the My Domain/],
    ['http://acme.my.salesforce.com', /does not begin with https/],
    ['http://127.0.0.1.example.com', /does not begin with https/],
    ['ftp://localhost', /does not begin with https/],
    [
      'https://acme.my.salesforce.com/services/oauth2/token',
      /has a path\. Give the host alone: https:\/\/acme/,
    ],
    ['https://acme.my.salesforce.com/?a=b', /has a path/],
    ['https://acme.lightning.force.com', /Salesforce's pages/],
    ['https://acme.my.salesforce-setup.com', /Salesforce's pages/],
    ['https://user:pass%3Eword@acme.my.salesforce.com', /user name or password/],
    [7, /is no URL/],
  ])('refuses %s', (loginUrl, message) => {
    const error = refusalOf(() => make.jwtBearer({ loginUrl }));
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('%3E');
  });

  test('takes one way to say where', () => {
    const both = { sandbox: true, loginUrl: 'https://acme.my.salesforce.com' };
    expect(refusalOf(() => make.usernamePassword(both)).message).toContain('leave `sandbox` out');
    expect(refusalOf(() => make.usernamePassword({ sandbox: 'yes' })).message).toContain('true or false');
  });

  test.each(['https://login.salesforce.com', 'https://test.salesforce.com/'])(
    'clientCredentials does not log in at %s',
    (loginUrl) => {
      expect(refusalOf(() => make.clientCredentials({ loginUrl })).message).toMatch(
        /which refuses this flow\. Set it to the My Domain/,
      );
    },
  );
});

describe('private keys', () => {
  const { privateKey: elliptic } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey: short } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  const encrypted = keys.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'passphrase' })
    .toString();

  test.each([
    ['no PEM', 'MIIEvQIBADANBgkqhkiG9w0', /can not be read as PEM/],
    ['line breaks spelled out', pem.replaceAll('\n', '\\n'), /replace them/],
    ['encrypted', encrypted, /decrypt an encrypted one/],
    ['a public key', keys.publicKey, /is a public key/],
    ['of the wrong kind', elliptic, /type ec\. Salesforce takes RS256 only/],
    ['too short', short, /2048 bits/],
  ])('%s', (_what, privateKey, message) => {
    const error = refusalOf(() => make.jwtBearer({ privateKey }));
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('MIIEv');
    expect(error.cause).toBeUndefined();
  });

  test('a decrypted one is taken', () => {
    const privateKey = createPrivateKey({ key: encrypted, passphrase: 'passphrase' });
    expect(make.jwtBearer({ privateKey }).name).toBe('jwtBearer');
  });
});

test('functions are functions', () => {
  expect(refusalOf(() => make.refreshToken({ onRefreshToken: 'store' })).message).toContain(
    '`onRefreshToken`',
  );
  expect(refusalOf(() => accessToken('token' as unknown as SupplyToken)).message).toContain(
    'takes a function',
  );
});

test.each([0, 999, -1, NaN])('a session refuses the maxAge %s', (maxAge) => {
  const provider = make.jwtBearer({});
  expect(refusalOf(() => createAuthSession({ provider, maxAge })).message).toContain('`maxAge`');
});
