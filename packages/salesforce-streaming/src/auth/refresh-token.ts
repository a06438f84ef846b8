import type { Clock } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import { withDeadline } from '../rest/deadline.ts';
import type { HostOptions } from './host.ts';
import { loginHost } from './host.ts';
import { clientIdIs, clientSecretIs, optionalText, requiredText } from './options.ts';
import type { AuthProvider, LoginContext, Token } from './provider.ts';
import { hiding, safeCause } from './secrets.ts';
import { loginTimeout, requestToken } from './token-request.ts';
import { toToken } from './token.ts';
import { authUnavailable } from './unavailable.ts';

export interface RefreshTokenOptions extends HostOptions {
  readonly clientId: string;
  /** Where the app requires it for the refresh token flow. */
  readonly clientSecret?: string;
  readonly refreshToken: string;
  /**
   * Called with each new refresh token where the app rotates them: the one before is then void, so store it. A login
   * counts only when this has worked; it is called again with the next attempt.
   */
  readonly onRefreshToken?: (refreshToken: string) => void | Promise<void>;
}

const name = 'refreshToken';

/** Not aborted midway: a rotated token that is not received is lost, and the one before is void. */
const unending = new AbortController().signal;

/** Logs in with a refresh token. Throws SALESFORCE_OPTIONS. */
export function refreshToken(options: RefreshTokenOptions): AuthProvider {
  const host = loginHost(name, options);
  const clientId = requiredText(name, 'clientId', options.clientId, clientIdIs);
  const clientSecret = optionalText(name, 'clientSecret', options.clientSecret, clientSecretIs);
  let current = requiredText(
    name,
    'refreshToken',
    options.refreshToken,
    'what the app was given when the user authorized it with the scope refresh_token',
  );
  const { onRefreshToken } = options;
  if (onRefreshToken !== undefined && typeof onRefreshToken !== 'function') {
    throw salesforceError(
      'SALESFORCE_OPTIONS',
      '`onRefreshToken` of refreshToken() has to be a function that stores the new refresh token.',
    );
  }
  /** A rotated token that the user has not been given yet. */
  let untold: string | undefined;

  async function tell(clock: Clock): Promise<void> {
    if (untold === undefined) return;
    const telling = untold;
    try {
      await withDeadline(clock, loginTimeout, unending, async () => onRefreshToken?.(telling));
    } catch (error) {
      throw authUnavailable(
        `\`onRefreshToken\` of ${name}() failed, so the new refresh token is not stored. It will be called again with the next login.`,
        safeCause(error, hiding([clientId, clientSecret, options.refreshToken, current])),
      );
    }
    untold = undefined;
  }

  async function logIn(context: LoginContext): Promise<Token> {
    await tell(context.clock);
    const hide = hiding([clientId, clientSecret, current]);
    const form = {
      grant_type: 'refresh_token',
      client_id: clientId,
      ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
      refresh_token: current,
    };
    const answer = await requestToken({ provider: name, host, hide }, form, { ...context, signal: unending });
    if (answer.refreshToken !== undefined && answer.refreshToken !== current) {
      current = answer.refreshToken;
      untold = current;
      await tell(context.clock);
    }
    return toToken(answer);
  }

  /** The login before. A source and a publisher may share this provider, and a token that rotates works once. */
  let before: Promise<unknown> = Promise.resolve();
  function login(context: LoginContext): Promise<Token> {
    const after = before.then(() => {
      context.signal.throwIfAborted();
      return logIn(context);
    });
    before = after.catch(() => {});
    return after;
  }

  return { name, login };
}
