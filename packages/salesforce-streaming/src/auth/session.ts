import type { Clock } from '@millrace/core';
import { isMillraceError, systemClock } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import type { AuthProvider, AuthSession, Token } from './provider.ts';
import { hiding, safeCause } from './secrets.ts';
import { authUnavailable, retryAfterOf } from './unavailable.ts';

export interface AuthSessionOptions {
  readonly provider: AuthProvider;
  /** @default globalThis.fetch */
  readonly fetch?: typeof fetch | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
  /**
   * Milliseconds after which a token is replaced before the server refuses it.
   * @default none: Salesforce does not say how long a token lives, so its refusal tells
   */
  readonly maxAge?: number | undefined;
  /**
   * Milliseconds between logins at least, so that a server that refuses each new token is not stormed.
   * @default 2_000: half of the 3,600 logins an hour that Salesforce allows a user
   */
  readonly loginInterval?: number | undefined;
}

interface Login {
  readonly token: Promise<Token>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Logs in when a token is needed, once for all who need it at the same time. Never revokes a token: others may use the
 * same, since Salesforce hands out one token for several logins. Throws SALESFORCE_OPTIONS.
 */
export function createAuthSession(options: AuthSessionOptions): AuthSession {
  const { provider, clock = systemClock, loginInterval = 2_000, maxAge = Infinity } = options;
  if (!(maxAge >= 1_000)) {
    throw salesforceError(
      'SALESFORCE_OPTIONS',
      `\`maxAge\` is ${maxAge}. It is in milliseconds, 1000 or more.`,
    );
  }
  let current: { readonly token: Token; readonly since: number } | undefined;
  let refused: Token | undefined;
  let denial: Error | undefined;
  /** When the next login may begin, in monotonic time. */
  let notBefore = -Infinity;
  /** Why the last one gave no token. */
  let failure: Error | undefined;
  let login: Login | undefined;

  const isEarly = () => clock.monotonic() < notBefore;

  /** The token to go on with; undefined when there has to be a login. */
  function usable(): Token | undefined {
    if (!current) return undefined;
    const isOld = clock.monotonic() - current.since >= maxAge;
    // It is not refused yet: better an old one than none.
    return isOld && !isEarly() ? undefined : current.token;
  }

  async function logIn(signal: AbortSignal): Promise<Token> {
    try {
      const token = await provider.login({ signal, fetch: options.fetch ?? fetch, clock, refused });
      current = { token, since: clock.monotonic() };
      failure = refused = undefined;
      notBefore = clock.monotonic() + loginInterval;
      return token;
    } catch (error) {
      if (signal.aborted) throw error;
      if (isMillraceError(error, 'SALESFORCE_AUTH_DENIED')) {
        denial = error;
        throw error;
      }
      failure = isMillraceError(error) ? error : unexpected(provider, error);
      notBefore = clock.monotonic() + Math.max(loginInterval, retryAfterOf(error) ?? 0);
      if (current) return current.token;
      throw failure;
    } finally {
      login = undefined;
    }
  }

  function begin(): Login {
    const controller = new AbortController();
    return { controller, waiting: 0, token: logIn(controller.signal) };
  }

  function assertNotEarly(): void {
    if (!isEarly()) return;
    const retryAfter = Math.ceil(notBefore - clock.monotonic());
    const reason = failure
      ? `the last login failed: ${failure.message}`
      : 'the server refuses a token that was only just issued. Check that the user and the app may use the API, and IP restrictions and session settings of the org';
    throw authUnavailable(
      `${provider.name}() does not log in again for another ${retryAfter} ms, since ${reason}`,
      failure,
      retryAfter,
    );
  }

  async function token(signal: AbortSignal): Promise<Token> {
    for (;;) {
      signal.throwIfAborted();
      if (denial) throw denial;
      const token = usable();
      if (token) return token;
      if (!login) {
        assertNotEarly();
        login = begin();
      }
      const joined = login;
      try {
        return await join(joined, signal);
      } catch (error) {
        // Given up by those who waited before us.
        if (signal.aborted || !joined.controller.signal.aborted) throw error;
      }
    }
  }

  return {
    token,
    async renew(other, signal) {
      if (current?.token.accessToken === other.accessToken) {
        current = undefined;
        refused = other;
      }
      return token(signal);
    },
  };
}

/** A provider that is not ours may throw anything. */
function unexpected({ name }: AuthProvider, error: unknown): Error {
  return authUnavailable(`${name}() failed. It will be tried again later.`, safeCause(error, hiding([])));
}

/** Waits for the login. Once nobody waits any more it is aborted. */
async function join(login: Login, signal: AbortSignal): Promise<Token> {
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  login.waiting += 1;
  try {
    return await Promise.race([login.token, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    login.waiting -= 1;
    if (signal.aborted && login.waiting === 0) login.controller.abort();
  }
}
