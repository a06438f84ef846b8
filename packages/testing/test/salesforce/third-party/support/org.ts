import { onTestFinished } from 'vitest';
import type { SalesforceEmulator, SalesforceEmulatorOptions } from '../../../../src/salesforce.ts';
import { salesforceEmulator } from '../../../../src/salesforce.ts';
import type { ThirdPartyClient } from './start-client.ts';
import { startClient } from './start-client.ts';

export const orders = '/event/Order__e';

export interface ThirdPartyOrg {
  readonly org: SalesforceEmulator;
  login(): Promise<string>;
  /** Publishes orders with these numbers, and answers their replay ids. */
  order(...numbers: readonly number[]): number[];
  start(
    library: 'cometd' | 'faye' | 'jsforce',
    options?: { readonly replay?: Readonly<Record<string, number>>; readonly token?: string },
  ): Promise<ThirdPartyClient>;
  /**
   * Has the session of the one client that polls become unknown, which it learns with the poll after the one that hangs,
   * and makes its next session late. Publishes before and in between; answers the replay ids.
   */
  loseSession(client: ThirdPartyClient): Promise<readonly number[]>;
  /**
   * Passes time until an idle poll of a session of its own has run out, and answers how many requests others have made
   * meanwhile: to see that nobody asks any more.
   */
  othersWhileIdle(): Promise<number>;
}

/** An org in which idle polls last a second. */
export async function thirdPartyOrg(options: SalesforceEmulatorOptions = {}): Promise<ThirdPartyOrg> {
  const org = await salesforceEmulator({
    timeScale: 100,
    ...options,
    channels: {
      [orders]: {},
      '/event/Refund__e': {},
      '/topic/Open': {},
      '/u/notices': {},
      '/data/AccountChangeEvent': {},
    },
  });
  onTestFinished(() => org.close());
  const { clientId, clientSecret, username, password } = org.credentials;

  async function login(): Promise<string> {
    const response = await fetch(`${org.url}/services/oauth2/token`, {
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

  const order = (...numbers: readonly number[]) =>
    numbers.map((number) =>
      Number(org.publish(orders, { Number__c: number, Name__c: 'Grüße 東京 👋' }).replayId),
    );

  return {
    org,
    login,
    order,
    async loseSession(client) {
      await client.until(() => org.counters.polls === 1);
      org.expireRoutes();
      // Not JSON: faye takes errors in JSON for messages, and waits for ever.
      org.faults.next('handshake', { kind: 'status', status: 503, body: 'html' });
      const first = order(1);
      await client.until(() => org.counters.faults === 1);
      return [...first, ...order(2, 3)];
    },
    async start(library, { replay = {}, token } = {}) {
      return startClient(library, {
        url: org.url,
        token: token ?? (await login()),
        clientId,
        clientSecret,
        username,
        password,
        replay,
      });
    },
    async othersWhileIdle() {
      const before = org.counters.requests;
      const own = await idlePoll(org.instanceUrl, await login());
      // The login, too.
      return org.counters.requests - before - own - 1;
    },
  };
}

/** Shakes hands and polls until a poll has run out. Answers how many requests that took. */
async function idlePoll(url: string, token: string): Promise<number> {
  let cookie = '';
  async function send(message: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const response = await fetch(`${url}/cometd/66.0`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', cookie },
      body: JSON.stringify([message]),
    });
    const set = response.headers.getSetCookie().map((each) => each.split(';')[0]);
    if (set.length > 0) cookie = set.join('; ');
    const [reply] = (await response.json()) as Record<string, unknown>[];
    if (reply?.['successful'] !== true) throw new Error(`Refused: ${JSON.stringify(reply)}`);
    return reply;
  }

  const { clientId } = await send({
    channel: '/meta/handshake',
    version: '1.0',
    supportedConnectionTypes: ['long-polling'],
  });
  const connect = { channel: '/meta/connect', clientId, connectionType: 'long-polling' };
  await send(connect);
  await send(connect);
  await send({ channel: '/meta/disconnect', clientId });
  return 4;
}
