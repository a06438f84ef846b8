import type { Identity } from '../identity.ts';
import { checkAssertion } from './assertion.ts';
import type { RefreshTokens } from './refresh-tokens.ts';

/** An error of the token endpoint, as it stands in its body. */
export interface OAuthRefusal {
  readonly error: string;
  readonly error_description: string;
}

export interface Granted {
  readonly scope: string;
  readonly refresh_token?: string;
}

export interface GrantContext {
  readonly identity: Identity;
  readonly refreshTokens: RefreshTokens;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Who an assertion may be addressed to, besides Salesforce's own hosts. */
  readonly audiences: readonly string[];
}

export type Grant = (form: URLSearchParams, context: GrantContext) => Granted | OAuthRefusal;

const authenticationFailure = { error: 'invalid_grant', error_description: 'authentication failure' };

const password: Grant = (form, { identity }) => {
  const refusal = checkClient(form, identity);
  if (refusal) return refusal;
  const matches = form.get('username') === identity.username && form.get('password') === identity.password;
  return matches ? { scope: 'api' } : authenticationFailure;
};

const refreshToken: Grant = (form, { identity, refreshTokens }) => {
  // Whether the secret is needed is a policy of the app; a wrong one never passes.
  const refusal = form.has('client_secret') ? checkClient(form, identity) : checkClientId(form, identity);
  if (refusal) return refusal;
  const used = refreshTokens.use(form.get('refresh_token') ?? '');
  if (!used) {
    return { error: 'invalid_grant', error_description: 'expired access/refresh token' };
  }
  return {
    scope: 'api refresh_token',
    ...(used.replacement !== undefined && { refresh_token: used.replacement }),
  };
};

const clientCredentials: Grant = (form, { identity }) => checkClient(form, identity) ?? { scope: 'api' };

const jwtBearer: Grant = (form, context) =>
  checkAssertion(form.get('assertion') ?? '', context) ?? { scope: 'api' };

export const grants: ReadonlyMap<string, Grant> = new Map([
  ['password', password],
  ['refresh_token', refreshToken],
  ['client_credentials', clientCredentials],
  ['urn:ietf:params:oauth:grant-type:jwt-bearer', jwtBearer],
]);

function checkClientId(form: URLSearchParams, { clientId }: Identity): OAuthRefusal | undefined {
  if (form.get('client_id') === clientId) return undefined;
  return { error: 'invalid_client_id', error_description: 'client identifier invalid' };
}

function checkClient(form: URLSearchParams, identity: Identity): OAuthRefusal | undefined {
  const refusal = checkClientId(form, identity);
  if (refusal || form.get('client_secret') === identity.clientSecret) return refusal;
  return { error: 'invalid_client', error_description: 'invalid client credentials' };
}
