import { MillraceError } from '@millrace/core';
import { manualClock } from '@millrace/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SuppliedToken, SupplyContext } from '../../src/auth/access-token.ts';
import { accessToken } from '../../src/auth/access-token.ts';
import type { HttpAnswer, HttpScript } from './support/http-script.ts';
import { httpScript } from './support/http-script.ts';
import { failureOf, instanceUrl, loginContext, orgId } from './support/logins.ts';

const opaque = '00Dx0000000BV7z!AR8AQAsecret';

test('the organisation is in an opaque token', async () => {
  const provider = accessToken(() => ({ accessToken: opaque, instanceUrl: `${instanceUrl}/` }));
  const fetch = () => Promise.reject(new Error('Nobody is to be asked.'));
  expect(await provider.login(loginContext({ fetch }))).toEqual({ accessToken: opaque, instanceUrl, orgId });
});

test('the organisation can be given', async () => {
  const provider = accessToken(async () => ({ accessToken: 'jwt', instanceUrl, orgId: '00Dx0000000BV7z' }));
  expect(await provider.login(loginContext())).toEqual({ accessToken: 'jwt', instanceUrl, orgId });
});

test('hears which token is refused', async () => {
  const contexts: SupplyContext[] = [];
  const provider = accessToken((context) => {
    contexts.push(context);
    return { accessToken: opaque, instanceUrl };
  });
  await provider.login(loginContext());
  await provider.login(loginContext({ refused: { accessToken: opaque, instanceUrl, orgId } }));
  expect(contexts.map(({ refused }) => refused)).toEqual([undefined, opaque]);
});

describe('a token that does not tell', () => {
  let server: HttpScript;
  beforeEach(async () => {
    server = await httpScript(() => ({ body: { organization_id: orgId } }));
  });
  afterEach(() => server.close());
  const supplied = () => accessToken(() => ({ accessToken: 'eyJ.e30.sig', instanceUrl: server.url }));

  test('is asked about at the instance', async () => {
    expect(await supplied().login(loginContext())).toEqual({
      accessToken: 'eyJ.e30.sig',
      instanceUrl: server.url,
      orgId,
    });
    expect(server.calls).toMatchObject([
      { method: 'GET', path: '/services/oauth2/userinfo', authorization: 'Bearer eyJ.e30.sig' },
    ]);
  });

  test.each<[string, HttpAnswer | 'cut', RegExp]>([
    ['a refusal', { status: 403, body: 'Bad_OAuth_Token' }, /HTTP 403/],
    ['HTML', { body: '<html></html>' }, /does not say which organisation/],
    ['no organisation', { body: { organization_id: 'acme' } }, /does not say which organisation/],
    ['a redirect', { status: 307, headers: { location: '/elsewhere' } }, /HTTP 307/],
    ['a broken answer', 'cut', /could not be asked/],
  ])('%s', async (_what, answer, message) => {
    server.answer(() => answer);
    const error = await failureOf(supplied().login(loginContext()));
    expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
    expect(error.message).toMatch(message);
    expect(error.message).toContain('`orgId`');
    expect(server.calls).toHaveLength(1);
  });
});

describe('what the function does wrong', () => {
  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /is not `\{ accessToken/],
    ['a token alone', opaque, /is not `\{ accessToken/],
    ['no token', { instanceUrl }, /no `accessToken`/],
    ['a token that no header can carry', { accessToken: 'a\nb', instanceUrl }, /no `accessToken`/],
    ['no instance', { accessToken: opaque }, /no `instanceUrl`/],
    ['an instance without TLS', { accessToken: opaque, instanceUrl: 'http://acme.com' }, /no `instanceUrl`/],
    [
      'another organisation id',
      { accessToken: opaque, instanceUrl, orgId: 'acme' },
      /not the id of an organisation/,
    ],
  ])('%s', async (_what, answer, message) => {
    const error = await failureOf(accessToken(() => answer as SuppliedToken).login(loginContext()));
    expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_DENIED' });
    expect(error.message).toMatch(message);
  });

  test('what it throws may pass', async () => {
    const provider = accessToken(() => {
      throw new Error('vault is sealed');
    });
    const error = await failureOf(provider.login(loginContext()));
    expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
    expect(String(error.cause)).toContain('vault is sealed');
  });

  test('unless it says otherwise', async () => {
    const denial = new MillraceError('SALESFORCE_AUTH_DENIED', 'The integration was switched off.');
    const provider = accessToken(() => Promise.reject(denial));
    expect(await failureOf(provider.login(loginContext()))).toBe(denial);
  });

  test('it does not answer', async () => {
    const clock = manualClock();
    const signals: AbortSignal[] = [];
    const provider = accessToken(({ signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    const failing = failureOf(provider.login(loginContext({ clock })));
    await clock.advance(30_000);
    expect((await failing).message).toContain('did not answer within 30 s');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});
