import type { SalesforceEmulator } from '@millrace/testing/salesforce';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import { expect, it, onTestFinished } from 'vitest';
import { clientCredentials } from '../../src/auth/client-credentials.ts';
import { createAuthSession } from '../../src/auth/session.ts';
import { look } from './support/rest-org.ts';

const channels = {
  '/event/Order__e': {},
  '/event/Shop__chn': { members: ['/event/Order__e'] },
  '/data/AccountChangeEvent': {},
  '/data/Thing__ChangeEvent': {},
  '/data/Sync__chn': { members: ['/data/AccountChangeEvent'] },
  '/topic/Open': {},
  '/u/notices': {},
};

async function emulator(options: Parameters<typeof salesforceEmulator>[0] = {}) {
  const org = await salesforceEmulator({ channels, ...options });
  onTestFinished(() => org.close());
  return org;
}

it('finds nothing wrong with an emulated org that has all channels', async () => {
  const org = await emulator();
  const names = [...Object.keys(channels), '/data/ChangeEvents'];
  const { checks, problems } = await look(org, undefined, { channels: names });
  expect(problems).toEqual([]);
  expect(checks).toHaveLength(2 + names.length + 4);
});

it('finds what an emulated org does not have', async () => {
  const org = await emulator();
  const names = [
    '/event/No__e',
    '/event/No__chn',
    '/data/LeadChangeEvent',
    '/data/Shop__chn',
    '/topic/No',
    '/u/no',
  ];
  const { problems } = await look(org, undefined, { channels: names });
  expect(problems.map(({ name, code, fatal }) => [name, code, fatal])).toEqual([
    ['channel /event/No__e', 'SALESFORCE_CHANNEL_MISSING', true],
    ['channel /event/No__chn', 'SALESFORCE_CHANNEL_MISSING', true],
    ['channel /data/LeadChangeEvent', 'SALESFORCE_CHANNEL_MISSING', false],
    ['channel /data/Shop__chn', 'SALESFORCE_CHANNEL_MISSING', true],
    ['channel /topic/No', 'SALESFORCE_CHANNEL_MISSING', true],
    ['channel /u/no', 'SALESFORCE_CHECK_IMPOSSIBLE', false],
  ]);
});

it('warns of clients that have no place in an emulated org', async () => {
  const org = await emulator({ limits: { concurrentClients: 1 } });
  await openSession(org);
  const { problems } = await look(org, undefined, { channels: ['/u/notices'] });
  expect(problems).toMatchObject([
    { name: 'limit DurableStreamingApiConcurrentClients', code: 'SALESFORCE_LIMIT_NEAR', fatal: false },
  ]);
});

it('goes on with a new token where the first one is refused while it looks', async () => {
  const org = await emulator();
  let asked = 0;
  const { problems } = await look(org, undefined, {
    channels: ['/event/Order__e', '/topic/Open'],
    fetch: async (input, init) => {
      asked += 1;
      // The login, the versions, and one channel.
      if (asked === 4) org.revokeTokens();
      return fetch(input, init);
    },
  });
  expect(problems).toEqual([]);
  expect(org.counters.logins).toBe(2);
});

/** A client that somebody else has. */
async function openSession(org: SalesforceEmulator): Promise<void> {
  const { clientId, clientSecret } = org.credentials;
  const provider = clientCredentials({ loginUrl: org.url, clientId, clientSecret });
  const token = await createAuthSession({ provider }).token(new AbortController().signal);
  const handshake = {
    channel: '/meta/handshake',
    version: '1.0',
    supportedConnectionTypes: ['long-polling'],
  };
  await fetch(`${token.instanceUrl}/cometd/66.0`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token.accessToken}` },
    body: JSON.stringify([handshake]),
  });
  expect(org.counters.sessions).toBe(1);
}
