import { onTestFinished } from 'vitest';
import type { SalesforceEmulatorOptions } from '../../../src/salesforce.ts';
import { salesforceEmulator } from '../../../src/salesforce.ts';
import { parseJson } from '../../../src/salesforce/event-log/json.ts';

/** An emulated org with a client of its REST API that is logged in. */
export async function restOrg(channels: NonNullable<SalesforceEmulatorOptions['channels']> = {}) {
  const org = await salesforceEmulator({ channels });
  onTestFinished(() => org.close());
  const { clientId, clientSecret } = org.credentials;
  const login = await fetch(`${org.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  const { access_token: token } = (await login.json()) as { readonly access_token: string };

  async function call(method: string, path: string, body?: unknown, bearer: string | undefined = token) {
    const response = await fetch(`${org.instanceUrl}/services/data/${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: parseJson(await response.text()) };
  }

  return {
    org,
    get: (path: string) => call('GET', path),
    post: (path: string, body: unknown) => call('POST', path, body),
    call,
    /** The fields of the events in a channel. */
    published(channel: string): readonly unknown[] {
      const events = org.log.after(channel, -2n);
      return events === 'invalid'
        ? []
        : events.map((event) => (event.kind === 'platform' ? event.fields : event));
    },
  };
}
