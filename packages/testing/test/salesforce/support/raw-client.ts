import { onTestFinished } from 'vitest';
import type { SalesforceEmulator, SalesforceEmulatorOptions } from '../../../src/salesforce.ts';
import { salesforceEmulator } from '../../../src/salesforce.ts';

export const channel = '/event/Order__e';

/** Starts an org that is closed when the test is over. */
export async function startOrg(options: SalesforceEmulatorOptions = {}): Promise<SalesforceEmulator> {
  const org = await salesforceEmulator({ channels: { [channel]: {} }, events: 'after', ...options });
  onTestFinished(() => org.close());
  return org;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly messages: readonly Message[];
}

export type Message = Readonly<Record<string, unknown>> & { readonly clientId?: string };

export function requestToken(
  org: SalesforceEmulator,
  form: Record<string, string>,
  headers: Record<string, string> = {},
) {
  return fetch(`${org.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
  });
}

export async function login(org: SalesforceEmulator): Promise<string> {
  const { clientId, clientSecret } = org.credentials;
  const response = await requestToken(org, {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

/** A client without any cleverness: it says what it is told to, and keeps cookies. */
export async function rawClient(org: SalesforceEmulator, { path = '/cometd/66.0' } = {}) {
  const cookies = new Map<string, string>();
  let clientId = '';
  let id = 0;
  let token = await login(org);

  async function postText(body: string, headers: Record<string, string> = {}): Promise<Answer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(org.instanceUrl + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, cookie, ...headers },
      body,
    });
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split(/=(.*)/s);
      cookies.set(name, value);
    }
    const text = await response.text();
    return { status: response.status, text, headers: response.headers, messages: messagesOf(text) };
  }

  const post = (...messages: readonly object[]) => postText(JSON.stringify(messages));
  const meta = (kind: string, fields: object = {}) => ({
    channel: `/meta/${kind}`,
    id: String((id += 1)),
    ...(clientId !== '' && { clientId }),
    ...fields,
  });

  const client = {
    cookies,
    post,
    postText,
    meta,
    get clientId() {
      return clientId;
    },
    get token() {
      return token;
    },
    async renew() {
      token = await login(org);
    },
    async handshake(fields: object = {}) {
      clientId = '';
      const answer = await post(
        meta('handshake', { version: '1.0', supportedConnectionTypes: ['long-polling'], ...fields }),
      );
      clientId = answer.messages[0]?.clientId ?? '';
      return answer;
    },
    connect: (fields: object = {}) => post(meta('connect', { connectionType: 'long-polling', ...fields })),
    subscribe: (subscription: string, replayId?: unknown) =>
      post(
        meta('subscribe', { subscription, ...(replayId !== undefined && replay(subscription, replayId)) }),
      ),
    /** Handshake and first connect. */
    async start() {
      await client.handshake();
      await client.connect();
      return client;
    },
  };
  return client;
}

function replay(subscription: string, replayId: unknown) {
  return { ext: { replay: { [subscription.split('?')[0] ?? '']: replayId } } };
}

function messagesOf(text: string): readonly Message[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? (parsed as Message[]) : [];
  } catch {
    return [];
  }
}

/** What of an answer are events: their data. */
export function eventsOf({
  messages,
}: Answer): readonly { readonly payload: object; readonly sobject?: object }[] {
  return messages.flatMap(({ data }) => (data === undefined ? [] : [data as never]));
}
