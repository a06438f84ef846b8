import { inspect } from 'node:util';
import { describeError } from '@millrace/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { excerpt, hiding } from '../../src/auth/secrets.ts';
import { createAuthSession } from '../../src/auth/session.ts';
import type { HttpAnswer, HttpCall, HttpScript } from './support/http-script.ts';
import { httpScript } from './support/http-script.ts';
import { failureOf, granted, loginContext, never, providersAt, secrets } from './support/logins.ts';

/** All that a log, a health report or a curious reader may get of an error. */
function everythingOf(error: Error): string {
  return [
    inspect(error, {
      depth: Infinity,
      showHidden: true,
      maxStringLength: Infinity,
      maxArrayLength: Infinity,
    }),
    JSON.stringify(describeError(error)),
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
  ].join('\n');
}

/** What was sent, in each way it may be written: of an assertion its parts, too. */
function sentSecrets({ body, authorization = '' }: HttpCall): readonly string[] {
  const sent = [...new URLSearchParams(body)].flatMap(([name, value]) =>
    name === 'grant_type' || name === 'username'
      ? []
      : [value, ...value.split('.').filter((part) => part.length > 40)],
  );
  const parts = body.includes('password') ? [secrets.password, secrets.securityToken] : [];
  return [...sent, ...parts, ...authorization.split(' ').slice(1)];
}

const spellings = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ a: secret }).toString().slice(2),
  JSON.stringify(secret).slice(1, -1),
];

let server: HttpScript;
beforeEach(async () => {
  server = await httpScript(() => ({}));
});
afterEach(() => server.close());

/** A server that repeats what it was sent, in all the places where we look for words to quote. */
const echoes: readonly (readonly [string, (call: HttpCall, all: string) => HttpAnswer | 'cut'])[] = [
  [
    'a denial',
    (_call, all) => ({ status: 400, body: { error: 'invalid_grant', error_description: `bad: ${all}` } }),
  ],
  [
    'the form in a denial',
    ({ body }) => ({ status: 400, body: { error: 'invalid_grant', error_description: body } }),
  ],
  ['an error code', (_call, all) => ({ status: 400, body: { error: all } })],
  [
    'a passing failure',
    (_call, all) => ({ status: 503, body: { error: 'unknown_error', error_description: all } }),
  ],
  ['HTML', (_call, all) => ({ status: 404, body: `<html>${all}</html>` })],
  ['text', (_call, all) => ({ status: 500, body: all })],
  ['truncated JSON', (_call, all) => ({ body: `{"access_token":"${all}` })],
  ['a redirect', (_call, all) => ({ status: 302, headers: { location: `/x?${encodeURIComponent(all)}` } })],
  [
    'a header that breaks HTTP',
    (_call, all) => ({ headers: { 'x-echo': Buffer.from(all).toString('base64') }, body: '{' }),
  ],
  ['an id', (_call, all) => ({ body: granted('issuedTOKEN1234567890', { id: all }) })],
  ['an instance', (_call, all) => ({ body: granted('issuedTOKEN1234567890', { instance_url: all }) })],
  ['a broken answer', () => 'cut'],
];

describe.each([0, 1, 2, 3, 4])('provider %i', (index) => {
  test.each(echoes)('%s shows no secret', async (_what, answer) => {
    const [provider] = providersAt(server.url).slice(index, index + 1);
    if (!provider) throw new Error('There is no such provider.');
    server.answer((call) => answer(call, sentSecrets(call).join(' ')));
    const failures = [await failureOf(provider.login(loginContext()))];
    const session = createAuthSession({ provider });
    failures.push(await failureOf(session.token(never)), await failureOf(session.token(never)));
    const hidden = [
      ...server.calls.flatMap(sentSecrets),
      ...Object.values(secrets),
      'issuedTOKEN1234567890',
    ].flatMap(spellings);
    for (const failure of failures) {
      const shown = everythingOf(failure);
      for (const secret of hidden) expect(shown.includes(secret), `${secret} in ${shown}`).toBe(false);
    }
  });

  test('a client that puts the request on its error shows no secret', async () => {
    const [provider] = providersAt('https://acme.my.salesforce.com').slice(index, index + 1);
    if (!provider) throw new Error('There is no such provider.');
    const seen: string[] = [];
    const fetch: typeof globalThis.fetch = (url, init) => {
      const authorization = new Headers(init?.headers).get('authorization') ?? '';
      const body = typeof init?.body === 'string' ? init.body : '';
      const call = { method: '', path: '', contentType: '', authorization, body };
      seen.push(...sentSecrets(call));
      const all = sentSecrets(call).join(' ');
      const cause = Object.assign(new Error(`socket closed after ${all}`), { config: { url, init } });
      return Promise.reject(
        Object.assign(new TypeError(`fetch failed: ${all}`, { cause }), { request: init }),
      );
    };
    const shown = everythingOf(await failureOf(provider.login(loginContext({ fetch }))));
    expect(seen).not.toEqual([]);
    for (const secret of seen.flatMap(spellings)) expect(shown.includes(secret), secret).toBe(false);
  });
});

test('what stands in another is hidden, too', () => {
  const hide = hiding(['password', 'passwordTOKEN', undefined, '']);
  expect(hide('passwordTOKEN, password')).toBe('[redacted], [redacted]');
});

test('a secret at the end of what is quoted is hidden before the text is cut', () => {
  const hide = hiding(['password']);
  expect(excerpt(`${'x'.repeat(196)}password`, hide)).toBe(`${'x'.repeat(196)}[red…`);
});

test('is found as HTML writes it', () => {
  const hide = hiding(['a"b<c>&d']);
  expect(hide('a&quot;b&lt;c&gt;&amp;d a&#34;b&#60;c&#62;&#38;d')).toBe('[redacted] [redacted]');
});
