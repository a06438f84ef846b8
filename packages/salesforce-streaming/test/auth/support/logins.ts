import { generateKeyPairSync } from 'node:crypto';
import { systemClock } from '@millrace/core';
import { accessToken } from '../../../src/auth/access-token.ts';
import { clientCredentials } from '../../../src/auth/client-credentials.ts';
import { jwtBearer } from '../../../src/auth/jwt-bearer.ts';
import type { AuthProvider, LoginContext } from '../../../src/auth/provider.ts';
import { refreshToken } from '../../../src/auth/refresh-token.ts';
import { usernamePassword } from '../../../src/auth/username-password.ts';

export const orgId = '00Dx0000000BV7zEAG';
export const instanceUrl = 'https://acme.my.salesforce.com';
export const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** What no error may show. The password has characters that forms, JSON and HTML write differently. */
export const secrets = {
  clientId: '3MVG9consumerKEY0123456789',
  clientSecret: 'consumerSECRET/with+signs=',
  password: 'p&ss "w<o>rd" \\ ü%2B',
  securityToken: 'securityTOKEN24characters',
  refreshToken: '5Aep861refreshTOKEN._',
  accessToken: 'suppliedTOKENwithoutOrg',
} as const;

const { clientId, clientSecret, password, securityToken } = secrets;
const username = 'integration@example.com';

/** Each provider, logging in at the given host. */
export const providersAt = (host: string): readonly AuthProvider[] => [
  usernamePassword({ clientId, clientSecret, username, password, securityToken, loginUrl: host }),
  refreshToken({ clientId, clientSecret, refreshToken: secrets.refreshToken, loginUrl: host }),
  jwtBearer({ clientId, username, privateKey: pem, loginUrl: host }),
  clientCredentials({ clientId, clientSecret, loginUrl: host }),
  accessToken(() => ({ accessToken: secrets.accessToken, instanceUrl: host })),
];

export const granted = (accessToken = 'token', more: Readonly<Record<string, unknown>> = {}) => ({
  access_token: accessToken,
  instance_url: instanceUrl,
  id: `https://login.salesforce.com/id/${orgId}/005x0000000abcdAAA`,
  token_type: 'Bearer',
  issued_at: '1767225600000',
  signature: 'c2lnbmF0dXJl',
  ...more,
});

export const never: AbortSignal = new AbortController().signal;

export const loginContext = (context: Partial<LoginContext> = {}): LoginContext => ({
  signal: never,
  fetch,
  clock: systemClock,
  ...context,
});

/** What the work rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<Error & Readonly<Record<string, unknown>>> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error('It did not fail with an error.', { cause: outcome });
  return outcome as Error & Readonly<Record<string, unknown>>;
}
