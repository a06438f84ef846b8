import type { HmacOptions } from './hmac.ts';
import { hmacAuth } from './hmac.ts';
import type { Auth, AuthScheme } from './scheme.ts';
import { noAuth } from './scheme.ts';
import type { Secret, Secrets } from './secrets-file.ts';
import { tokenAuth } from './token.ts';

/** What HMAC needs beside its secrets. */
export type AuthParts = Omit<HmacOptions, 'secrets'>;

/** The schemes that a secrets file asks for. Throws PUBSUB_SECRETS. */
export function authBySecrets(secrets: Secrets, parts: AuthParts = {}): Auth {
  return {
    toBroadcaster: schemeOf(secrets['to-broadcaster'], parts),
    toSubscriber: schemeOf(secrets['to-subscriber'], parts),
  };
}

function schemeOf(secret: Secret | undefined, parts: AuthParts): AuthScheme {
  if (secret === undefined) return noAuth;
  const secrets = [secret.secret];
  return secret.type === 'hmac' ? hmacAuth({ ...parts, secrets }) : tokenAuth({ secrets });
}
