import type { Clock } from '@millrace/core';

/** What a login gave. `accessToken` is a secret: it stands in no log, no error and no health report. */
export interface Token {
  readonly accessToken: string;
  /** Where the org's API is, such as `https://acme.my.salesforce.com`, without a slash at the end. */
  readonly instanceUrl: string;
  /** 15 or 18 characters, `00D…`. */
  readonly orgId: string;
}

export interface LoginContext {
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** The token that the server refuses, when that is why there is a login. */
  readonly refused?: Token | undefined;
}

/** One way to log in. Made by `usernamePassword`, `refreshToken`, `jwtBearer`, `clientCredentials` or `accessToken`. */
export interface AuthProvider {
  readonly name: string;
  /**
   * One attempt at logging in. Rejects with SALESFORCE_AUTH_DENIED when trying again is of no use, with
   * SALESFORCE_AUTH_UNAVAILABLE when it may pass.
   */
  login(context: LoginContext): Promise<Token>;
}

/** The token that all requests of a source or publisher share. */
export interface AuthSession {
  /** The token in use; logs in when there is none. Calls at the same time share one login. */
  token(signal: AbortSignal): Promise<Token>;
  /**
   * The server refuses `refused`: a newer token when there already is one, else one login for all who ask at the same time.
   * Rejects like `AuthProvider.login`. Once denied it stays denied, without further logins.
   */
  renew(refused: Token, signal: AbortSignal): Promise<Token>;
}
