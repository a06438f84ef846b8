import { salesforceError } from '../errors.ts';
import type { AuthSession, Token } from './provider.ts';

/** Like `auth`, but a token of another org is refused: positions belong to the org. */
export function sameOrg(auth: AuthSession, orgId: string): AuthSession {
  function check(token: Token): Token {
    if (token.orgId === orgId) return token;
    throw salesforceError(
      'SALESFORCE_SESSION_REFUSED',
      'The last login gave a token of another org than before. Positions belong to the org: use a source for each.',
    );
  }
  return {
    token: async (signal) => check(await auth.token(signal)),
    renew: async (refused, signal) => check(await auth.renew(refused, signal)),
  };
}
