import type { OrgAddress } from './org.ts';

/** Gets an access token. The same for all contenders, since the benches are not about logins. */
export async function login({ url, clientId, clientSecret }: OrgAddress): Promise<string> {
  const response = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  const { access_token: token } = (await response.json()) as { readonly access_token: string };
  return token;
}
