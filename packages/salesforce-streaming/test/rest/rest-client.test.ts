import { inspect } from 'node:util';
import { redact } from '@millrace/core';
import { manualClock } from '@millrace/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuthSession, Token } from '../../src/auth/provider.ts';
import { latestApiVersion } from '../../src/rest/api-version.ts';
import { restClient } from '../../src/rest/rest-client.ts';
import type { HttpAnswer, HttpScript } from '../auth/support/http-script.ts';
import { httpScript } from '../auth/support/http-script.ts';
import { failureOf, never, orgId } from '../auth/support/logins.ts';

let server: HttpScript;
let renewed: readonly string[];

beforeEach(async () => {
  renewed = [];
  server = await httpScript(() => ({ body: { ok: true } }));
});
afterEach(() => server.close());

/** Each renewal gives another token. */
function auth(): AuthSession {
  const token = (accessToken: string): Token => ({ accessToken, instanceUrl: server.url, orgId });
  return {
    token: async () => token('first'),
    async renew(refused) {
      renewed = [...renewed, refused.accessToken];
      return token('second');
    },
  };
}

const client = (settings: Partial<Parameters<typeof restClient>[0]> = {}) =>
  restClient({ auth: auth(), fetch, clock: manualClock(), ...settings });
const get = { method: 'GET', path: '/services/data/v66.0/limits', signal: never } as const;
const post = { ...get, method: 'POST', body: '{"Name":"ü"}' } as const;
const stated = (errorCode: string, message = 'in words'): unknown => [{ errorCode, message }];

async function failure(answer: HttpAnswer | 'cut') {
  server.answer(() => answer);
  const error = await failureOf(client().call(post));
  expect(redact(error.message)).toBe(error.message);
  expect(error.message).toContain(`POST ${server.url}/services/data/v66.0/limits: `);
  return error;
}

test('sends JSON with the token, and answers the parsed JSON', async () => {
  expect(await client().call(get)).toEqual({ ok: true });
  expect(await client().call(post)).toEqual({ ok: true });
  const path = '/services/data/v66.0/limits';
  expect(server.calls).toEqual([
    { method: 'GET', path, authorization: 'Bearer first', contentType: undefined, body: '' },
    {
      method: 'POST',
      path,
      authorization: 'Bearer first',
      contentType: 'application/json; charset=UTF-8',
      body: '{"Name":"ü"}',
    },
  ]);
});

describe('a refused token', () => {
  test('is renewed, and the call made again with the new one', async () => {
    server.answerNext(() => ({
      status: 401,
      body: stated('INVALID_SESSION_ID', 'Session expired or invalid'),
    }));
    expect(await client().call(post)).toEqual({ ok: true });
    expect(renewed).toEqual(['first']);
    expect(server.calls.map(({ authorization, body }) => [authorization, body])).toEqual([
      ['Bearer first', post.body],
      ['Bearer second', post.body],
    ]);
  });

  test.each<[string, unknown]>([
    ['with a reason', stated('INVALID_SESSION_ID', 'This session is not valid for use with the REST API')],
    ['without one', ''],
  ])('once, %s', async (_what, body) => {
    const error = await failure({ status: 401, body });
    expect(error).toMatchObject({ code: 'SALESFORCE_SESSION_REFUSED' });
    expect(renewed).toEqual(['first']);
    expect(server.calls).toHaveLength(2);
  });
});

test('an org that has moved is found by a new login, once', async () => {
  server.answerNext(() => ({ status: 302, headers: { location: 'https://elsewhere.example/' } }));
  expect(await client().call(post)).toEqual({ ok: true });
  expect(renewed).toEqual(['first']);
  const error = await failure({ status: 302, headers: { location: 'https://elsewhere.example/' } });
  expect(error).toMatchObject({ code: 'SALESFORCE_RESPONSE_INVALID' });
  expect(error.message).toContain('HTTP 302');
  expect(server.calls).toHaveLength(4);
});

describe('what answers mean', () => {
  test.each<[string, HttpAnswer | 'cut', RegExp]>([
    [
      'SALESFORCE_LIMIT_EXCEEDED',
      { status: 403, body: stated('REQUEST_LIMIT_EXCEEDED') },
      /REQUEST_LIMIT_EXCEEDED, "in words"\. An allocation/,
    ],
    ['SALESFORCE_ACCESS_DENIED', { status: 403, body: stated('API_DISABLED_FOR_ORG') }, /API Enabled/],
    [
      'SALESFORCE_ACCESS_DENIED',
      { status: 400, body: stated('INSUFFICIENT_ACCESS_OR_READONLY') },
      /permission set/,
    ],
    ['SALESFORCE_ACCESS_DENIED', { status: 403, body: stated('SOMETHING_NEW') }, /SOMETHING_NEW/],
    ['SALESFORCE_ACCESS_DENIED', { status: 403 }, /HTTP 403/],
    [
      'SALESFORCE_REQUEST_FAILED',
      { status: 404, body: stated('NOT_FOUND', 'The requested resource does not exist') },
      /name of the object/,
    ],
    ['SALESFORCE_REQUEST_FAILED', { status: 400, body: stated('JSON_PARSER_ERROR') }, /correct it/],
    ['SALESFORCE_REQUEST_FAILED', { status: 413 }, /too large/],
    ['SALESFORCE_BUSY', { status: 503, body: stated('SERVER_UNAVAILABLE') }, /another try/],
    ['SALESFORCE_BUSY', { status: 400, body: stated('UNKNOWN_EXCEPTION') }, /may have taken effect/],
    ['SALESFORCE_BUSY', { status: 500, body: stated('A_CODE') }, /may have taken effect/],
    ['SALESFORCE_UNREACHABLE', { status: 502, body: '<html></html>' }, /HTTP 502\..* may have taken effect/],
    ['SALESFORCE_UNREACHABLE', { status: 504 }, /HTTP 504\..* may have taken effect/],
    ['SALESFORCE_BUSY', { status: 500, body: '<html></html>' }, /HTTP 500\..* may have taken effect/],
    [
      'SALESFORCE_BUSY',
      { status: 503, body: '<html></html>' },
      /HTTP 503\. It is worth another try later\.$/,
    ],
    ['SALESFORCE_BUSY', { status: 429 }, /HTTP 429/],
    ['SALESFORCE_RESPONSE_INVALID', { body: '<html></html>' }, /page of HTML \(HTTP 200\)/],
    ['SALESFORCE_RESPONSE_INVALID', { body: '{"records":[{' }, /no complete JSON .* may have taken effect/],
    ['SALESFORCE_RESPONSE_INVALID', { body: '' }, /nothing/],
    ['SALESFORCE_RESPONSE_INVALID', { status: 404, body: '<!doctype html>' }, /page of HTML \(HTTP 404\)/],
    ['SALESFORCE_UNREACHABLE', 'cut', /no answer, or not all of it, so it may have taken effect/],
  ])('%s: %j', async (code, answer, message) => {
    const error = await failure(answer);
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
    expect(server.calls).toHaveLength(1);
  });
});

test('nobody listens', async () => {
  const call = client().call(get);
  await server.close();
  expect(await failureOf(call.then(() => client().call(get)))).toMatchObject({
    code: 'SALESFORCE_UNREACHABLE',
  });
  server = await httpScript(() => ({}));
});

test('no answer within two minutes', async () => {
  const clock = manualClock();
  const asked = Promise.withResolvers<void>();
  server.answer(() => {
    asked.resolve();
    return new Promise(() => {});
  });
  const failing = failureOf(client({ clock }).call(get));
  await asked.promise;
  await clock.advance(120_000);
  expect(await failing).toMatchObject({
    code: 'SALESFORCE_UNREACHABLE',
    message: expect.stringContaining('not answered in time') as unknown,
  });
});

test('an aborted call rejects with the reason', async () => {
  const controller = new AbortController();
  server.answer(() => {
    controller.abort(new Error('stop'));
    return new Promise(() => {});
  });
  const error = await failureOf(client().call({ ...get, signal: controller.signal }));
  expect(error.message).toBe('stop');
});

test.each([200, 302, 400, 401, 403, 404, 500])(
  'the token and what else is secret show in no error: HTTP %i',
  async (status) => {
    const secret = 'VALUE of a field';
    const bodies: readonly ((said: string) => unknown)[] = [
      (said) => stated('A_CODE', said),
      (said) => stated(said),
      (said) => `<html>${said}`,
      (said) => `{"${said}`,
    ];
    for (const body of bodies.slice(status === 200 ? 2 : 0)) {
      server.answer(({ authorization }) => ({
        status,
        body: body(`${authorization} ${secret}`),
        headers: { location: encodeURIComponent(secret) },
      }));
      const shown = inspect(await failureOf(client().call({ ...post, secrets: () => [secret] })), {
        depth: Infinity,
      });
      // "first" and "second" are the tokens.
      expect(shown).not.toMatch(/VALUE|first|second/);
    }
  },
);

test('nor when a client puts the request on its error', async () => {
  const fetch: typeof globalThis.fetch = (_input, init) =>
    Promise.reject(Object.assign(new TypeError('fetch failed: first'), { request: init }));
  const error = await failureOf(client({ fetch }).call(post));
  expect(error).toMatchObject({ code: 'SALESFORCE_UNREACHABLE' });
  expect(inspect(error, { depth: Infinity })).not.toMatch(/first/);
});

describe('latestApiVersion', () => {
  const latest = () => latestApiVersion(client(), never);

  test('is the greatest, wherever it stands', async () => {
    const versions = ['37.0', '100.0', '99.0'].map((version) => ({
      version,
      label: 'x',
      url: `/services/data/v${version}`,
    }));
    server.answer(() => ({ body: versions }));
    expect(await latest()).toBe('100.0');
    expect(server.calls[0]?.path).toBe('/services/data/');
  });

  test.each([[[]], [{}], [[{ version: '../../evil' }, { version: 66 }, null]]])(
    'is not in %j',
    async (body) => {
      server.answer(() => ({ body }));
      expect(await failureOf(latest())).toMatchObject({ code: 'SALESFORCE_RESPONSE_INVALID' });
    },
  );
});
