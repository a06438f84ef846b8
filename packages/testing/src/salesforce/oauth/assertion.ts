import { verify } from 'node:crypto';
import type { GrantContext, OAuthRefusal } from './grants.ts';

const salesforceHosts = ['https://login.salesforce.com', 'https://test.salesforce.com'];
/** Clocks may differ by so much (Salesforce Help: OAuth 2.0 JWT Bearer Flow). */
const skew = 180;
const invalid = (error_description: string): OAuthRefusal => ({ error: 'invalid_grant', error_description });

/** Verifies an RS256 assertion as the JWT bearer flow demands; undefined: it is good. */
export function checkAssertion(assertion: string, context: GrantContext): OAuthRefusal | undefined {
  const { identity, now, audiences } = context;
  const parts = assertion.split('.');
  const [header, claims] = [parts[0], parts[1]].map(decode);
  if (parts.length !== 3 || !header || !claims || header['alg'] !== 'RS256')
    return invalid('invalid assertion');
  if (claims['iss'] !== identity.clientId) {
    return { error: 'invalid_client_id', error_description: 'client identifier invalid' };
  }
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  const signature = Buffer.from(parts[2] ?? '', 'base64url');
  if (!identity.publicKey || !verify('RSA-SHA256', signed, identity.publicKey, signature)) {
    return invalid('invalid assertion');
  }
  const audience = typeof claims['aud'] === 'string' ? claims['aud'] : '';
  if (![...salesforceHosts, ...audiences].includes(audience)) return invalid('Audience validation failed');
  const expires = claims['exp'];
  const seconds = now / 1_000;
  if (typeof expires !== 'number' || expires <= seconds - skew) return invalid('expired assertion');
  if (expires > seconds + 2 * skew) return invalid('assertion is valid for too long');
  if (claims['sub'] !== identity.username) return invalid("user hasn't approved this consumer");
  return undefined;
}

function decode(part: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
