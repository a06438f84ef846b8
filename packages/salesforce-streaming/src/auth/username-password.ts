import type { HostOptions } from './host.ts';
import { loginHost } from './host.ts';
import { clientIdIs, clientSecretIs, optionalText, requiredText } from './options.ts';
import type { AuthProvider } from './provider.ts';
import { hiding } from './secrets.ts';
import { requestToken } from './token-request.ts';
import { toToken } from './token.ts';

export interface UsernamePasswordOptions extends HostOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly username: string;
  readonly password: string;
  /** Needed unless the address is trusted; it is put behind the password. */
  readonly securityToken?: string;
}

const name = 'usernamePassword';

/**
 * Logs in with the password of a user. Orgs made since Summer '23 block this flow by default, and External Client Apps
 * do not have it: prefer `clientCredentials` or `jwtBearer`. Throws SALESFORCE_OPTIONS.
 */
export function usernamePassword(options: UsernamePasswordOptions): AuthProvider {
  const host = loginHost(name, options);
  const clientId = requiredText(name, 'clientId', options.clientId, clientIdIs);
  const clientSecret = requiredText(name, 'clientSecret', options.clientSecret, clientSecretIs);
  const username = requiredText(name, 'username', options.username, 'the name of the user, like an address');
  const password = requiredText(name, 'password', options.password, 'the password of the user');
  const securityToken = optionalText(
    name,
    'securityToken',
    options.securityToken,
    'the security token of the user, which Salesforce sends by mail; leave it out where the address is trusted',
  );
  const hide = hiding([clientId, clientSecret, password + (securityToken ?? ''), password, securityToken]);
  const form = {
    grant_type: 'password',
    client_id: clientId,
    client_secret: clientSecret,
    username,
    password: password + (securityToken ?? ''),
  };
  return {
    name,
    login: async (context) => toToken(await requestToken({ provider: name, host, hide }, form, context)),
  };
}
