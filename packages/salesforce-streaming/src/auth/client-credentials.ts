import { salesforceError } from '../errors.ts';
import { loginHost, productionHost, sandboxHost } from './host.ts';
import { clientIdIs, clientSecretIs, requiredText } from './options.ts';
import type { AuthProvider } from './provider.ts';
import { hiding } from './secrets.ts';
import { requestToken } from './token-request.ts';
import { toToken } from './token.ts';

export interface ClientCredentialsOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** My Domain of the org, such as `https://acme.my.salesforce.com`: other hosts refuse this flow. */
  readonly loginUrl: string;
}

const name = 'clientCredentials';

/** Logs in as the user that the app runs as. Throws SALESFORCE_OPTIONS. */
export function clientCredentials(options: ClientCredentialsOptions): AuthProvider {
  const loginUrl = requiredText(
    name,
    'loginUrl',
    options.loginUrl,
    'the My Domain of the org, such as https://acme.my.salesforce.com (Setup > My Domain): other hosts refuse this flow',
  );
  const host = loginHost(name, { loginUrl });
  if (host === productionHost || host === sandboxHost) {
    throw salesforceError(
      'SALESFORCE_OPTIONS',
      `\`loginUrl\` of ${name}() is ${host}, which refuses this flow. Set it to the My Domain of the org, such as https://acme.my.salesforce.com (Setup > My Domain).`,
    );
  }
  const clientId = requiredText(name, 'clientId', options.clientId, clientIdIs);
  const clientSecret = requiredText(name, 'clientSecret', options.clientSecret, clientSecretIs);
  const hide = hiding([clientId, clientSecret]);
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  return {
    name,
    login: async (context) => toToken(await requestToken({ provider: name, host, hide }, form, context)),
  };
}
