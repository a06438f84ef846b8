import { MillraceError } from '@millrace/core';
import { manualClock } from '@millrace/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AuthProvider, LoginContext, Token } from '../../src/auth/provider.ts';
import { createAuthSession } from '../../src/auth/session.ts';
import { authUnavailable, retryAfterOf } from '../../src/auth/unavailable.ts';
import { failureOf, instanceUrl, never, orgId } from './support/logins.ts';

const token = (accessToken: string): Token => ({ accessToken, instanceUrl, orgId });

/** A provider whose logins end when the test says so. */
function scriptedProvider() {
  const logins: { context: LoginContext; grant: (token: Token) => void; fail: (error: Error) => void }[] = [];
  const provider: AuthProvider = {
    name: 'scripted',
    login(context) {
      const { promise, resolve, reject } = Promise.withResolvers<Token>();
      logins.push({ context, grant: resolve, fail: reject });
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
      return promise;
    },
  };
  /** The login under way. */
  const current = () => {
    const login = logins.at(-1);
    if (!login) throw new Error('There is no login.');
    return login;
  };
  return { provider, logins, current };
}

let clock: ReturnType<typeof manualClock>;
let script: ReturnType<typeof scriptedProvider>;

beforeEach(() => {
  clock = manualClock();
  script = scriptedProvider();
});

const create = (options: { maxAge?: number; loginInterval?: number } = {}) =>
  createAuthSession({ provider: script.provider, clock, ...options });

async function loggedIn(options: Parameters<typeof create>[0] = {}, accessToken = 'first') {
  const session = create(options);
  const asked = session.token(never);
  script.current().grant(token(accessToken));
  await asked;
  return session;
}

const denied = new MillraceError('SALESFORCE_AUTH_DENIED', 'The user is inactive.');

test('logs in once for all who ask at the same time, and keeps the token', async () => {
  const session = create();
  const asked = Promise.all([session.token(never), session.token(never), session.token(never)]);
  script.current().grant(token('first'));
  expect(await asked).toEqual([token('first'), token('first'), token('first')]);
  await clock.advance(86_400_000);
  expect(await session.token(never)).toEqual(token('first'));
  expect(script.logins).toHaveLength(1);
});

test('renews once for all whose token is refused, and tells the provider which', async () => {
  const session = await loggedIn();
  await clock.advance(2_000);
  const asked = [1, 2, 3].map(() => session.renew(token('first'), never));
  expect(script.current().context.refused).toEqual(token('first'));
  script.current().grant(token('second'));
  expect(await Promise.all(asked)).toEqual([token('second'), token('second'), token('second')]);
  // Somebody whose request took longer.
  expect(await session.renew(token('first'), never)).toEqual(token('second'));
  expect(script.logins).toHaveLength(2);
});

test('a refused token is not handed out again', async () => {
  const session = await loggedIn();
  await clock.advance(2_000);
  const renewing = session.renew(token('first'), never);
  const asking = session.token(never);
  script.current().grant(token('second'));
  expect(await Promise.all([renewing, asking])).toEqual([token('second'), token('second')]);
});

describe('aborting', () => {
  test('one of several does not take the login from the others', async () => {
    const session = create();
    const controller = new AbortController();
    const leaving = failureOf(session.token(controller.signal));
    const staying = session.token(never);
    controller.abort(new Error('stop'));
    expect((await leaving).message).toBe('stop');
    expect(script.current().context.signal.aborted).toBe(false);
    script.current().grant(token('first'));
    expect(await staying).toEqual(token('first'));
    expect(script.logins).toHaveLength(1);
  });

  test('all of them ends the login, and the next who asks logs in anew', async () => {
    const session = create();
    const controller = new AbortController();
    const leaving = [session.token(controller.signal), session.token(controller.signal)].map(failureOf);
    controller.abort(new Error('stop'));
    await Promise.all(leaving);
    expect(script.current().context.signal.aborted).toBe(true);
    const asked = session.token(never);
    await clock.advance(0);
    expect(script.logins).toHaveLength(2);
    script.current().grant(token('first'));
    expect(await asked).toEqual(token('first'));
  });

  test('whoever comes while an abandoned login still ends does not get its failure', async () => {
    const logins: PromiseWithResolvers<Token>[] = [];
    const provider: AuthProvider = {
      name: 'slow',
      login() {
        const login = Promise.withResolvers<Token>();
        logins.push(login);
        return login.promise;
      },
    };
    const session = createAuthSession({ provider, clock });
    const controller = new AbortController();
    const leaving = failureOf(session.token(controller.signal));
    controller.abort();
    await leaving;
    const late = session.token(never);
    logins[0]?.reject(new Error('aborted'));
    await clock.advance(0);
    expect(logins).toHaveLength(2);
    logins[1]?.resolve(token('first'));
    expect(await late).toEqual(token('first'));
  });

  test('an abandoned login that ends well after all gives its token', async () => {
    const { promise, resolve } = Promise.withResolvers<Token>();
    let logins = 0;
    const provider: AuthProvider = { name: 'unmoved', login: () => ((logins += 1), promise) };
    const session = createAuthSession({ provider, clock });
    const controller = new AbortController();
    const leaving = failureOf(session.token(controller.signal));
    controller.abort();
    await leaving;
    const late = session.token(never);
    resolve(token('first'));
    expect(await late).toEqual(token('first'));
    expect(logins).toBe(1);
  });

  test('before asking', async () => {
    const session = create();
    const error = await failureOf(session.token(AbortSignal.abort(new Error('stop'))));
    expect(error.message).toBe('stop');
    expect(script.logins).toHaveLength(0);
  });
});

describe('denied', () => {
  test('stays denied, without another login', async () => {
    const session = create();
    const asked = failureOf(session.token(never));
    script.current().fail(denied);
    expect(await asked).toBe(denied);
    await clock.advance(86_400_000);
    expect(await failureOf(session.token(never))).toBe(denied);
    expect(await failureOf(session.renew(token('any'), never))).toBe(denied);
    expect(script.logins).toHaveLength(1);
  });

  test('while renewing', async () => {
    const session = await loggedIn();
    await clock.advance(2_000);
    const asked = failureOf(session.renew(token('first'), never));
    script.current().fail(denied);
    expect(await asked).toBe(denied);
    expect(await failureOf(session.token(never))).toBe(denied);
  });
});

describe('no login storm', () => {
  test('a token that is refused at once is not replaced at once', async () => {
    const session = await loggedIn();
    const error = await failureOf(session.renew(token('first'), never));
    expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
    expect(error.message).toContain('refuses a token that was only just issued');
    expect(retryAfterOf(error)).toBe(2_000);
    expect(await failureOf(session.token(never))).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
    expect(script.logins).toHaveLength(1);
    await clock.advance(2_000);
    const asked = session.token(never);
    expect(script.current().context.refused).toEqual(token('first'));
    script.current().grant(token('second'));
    expect(await asked).toEqual(token('second'));
  });

  test('a server that refuses every token gets a login an interval, however often it is asked', async () => {
    const provider: AuthProvider = { name: 'endless', login: async () => token(`token ${(logins += 1)}`) };
    let logins = 0;
    const session = createAuthSession({ provider, clock });
    for (let elapsed = 0; elapsed < 60_000; elapsed += 100) {
      const current = await session.token(never).catch(() => undefined);
      if (current) await session.renew(current, never).catch(() => {});
      await clock.advance(100);
    }
    expect(logins).toBe(30);
  });

  test('a login that fails is told as it failed, and not tried again on its own', async () => {
    const session = create({ loginInterval: 0 });
    const failure = authUnavailable('The server is away.');
    const asked = failureOf(session.token(never));
    script.current().fail(failure);
    expect(await asked).toBe(failure);
    expect(script.logins).toHaveLength(1);
  });

  test('after a failure the next login waits, and says why', async () => {
    const session = create();
    const asked = failureOf(session.token(never));
    script.current().fail(authUnavailable('The host is down.'));
    await asked;
    const error = await failureOf(session.token(never));
    expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
    expect(error.message).toContain('The host is down.');
    expect(script.logins).toHaveLength(1);
    await clock.advance(2_000);
    const again = session.token(never);
    script.current().grant(token('first'));
    expect(await again).toEqual(token('first'));
  });

  test('whatever a provider throws has a code', async () => {
    const session = create();
    const asked = failureOf(session.token(never));
    script.current().fail(new Error('no network'));
    const error = await asked;
    expect(error).toMatchObject({ code: 'SALESFORCE_AUTH_UNAVAILABLE' });
    expect(String(error.cause)).toContain('no network');
  });

  test('what the server says of when to come back is respected', async () => {
    const session = create();
    const asked = failureOf(session.token(never));
    script.current().fail(authUnavailable('Too many logins.', undefined, 60_000));
    await asked;
    await clock.advance(59_999);
    expect(retryAfterOf(await failureOf(session.token(never)))).toBe(1);
    expect(script.logins).toHaveLength(1);
    await clock.advance(1);
    void session.token(never);
    expect(script.logins).toHaveLength(2);
  });
});

describe('maxAge', () => {
  test('a token that was refused once is not named again', async () => {
    const session = await loggedIn({ maxAge: 60_000 });
    await clock.advance(2_000);
    const renewing = session.renew(token('first'), never);
    script.current().grant(token('second'));
    await renewing;
    await clock.advance(60_000);
    void session.token(never);
    expect(script.logins).toHaveLength(3);
    expect(script.current().context.refused).toBeUndefined();
  });

  test('replaces an old token before it is refused', async () => {
    const session = await loggedIn({ maxAge: 60_000 });
    await clock.advance(59_999);
    expect(await session.token(never)).toEqual(token('first'));
    await clock.advance(1);
    const asked = session.token(never);
    expect(script.current().context.refused).toBeUndefined();
    script.current().grant(token('second'));
    expect(await asked).toEqual(token('second'));
  });

  test('goes on with the old token as long as there is no new one', async () => {
    const session = await loggedIn({ maxAge: 60_000 });
    await clock.advance(60_000);
    const asked = session.token(never);
    script.current().fail(authUnavailable('The host is down.'));
    expect(await asked).toEqual(token('first'));
    expect(await session.token(never)).toEqual(token('first'));
    expect(script.logins).toHaveLength(2);
    await clock.advance(2_000);
    const again = session.token(never);
    script.current().grant(token('second'));
    expect(await again).toEqual(token('second'));
  });
});
