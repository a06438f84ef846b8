import { expect, test, vi } from 'vitest';
import { channel, login, rawClient, requestToken, startOrg } from '../support/raw-client.ts';

test('an instance that moves redirects, and a login tells where it is', async () => {
  const org = await startOrg();
  const before = org.instanceUrl;
  const client = await (await rawClient(org)).start();
  const poll = client.connect();
  await vi.waitFor(() => expect(org.counters.polls).toBe(1));

  await org.moveInstance();

  expect((await poll).status).toBe(200);
  expect(org.instanceUrl).not.toBe(before);
  const moved = await fetch(`${before}/cometd/66.0`, { method: 'POST', body: '[]', redirect: 'manual' });
  expect([moved.status, moved.headers.get('location')]).toEqual([302, `${org.instanceUrl}/cometd/66.0`]);
  const { clientId, clientSecret } = org.credentials;
  const answer = await requestToken(org, {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  expect(await answer.json()).toMatchObject({ instance_url: org.instanceUrl });
  expect((await client.subscribe(channel)).messages[0]).toMatchObject({ error: '403::Unknown client' });
  expect((await client.handshake()).messages[0]).toMatchObject({ successful: true });
});

test('a request can meet an instance that is just gone', async () => {
  const org = await startOrg();
  const before = org.instanceUrl;
  const token = await login(org);
  org.faults.next('rest', { kind: 'move-instance' });

  const answer = await fetch(`${before}/services/data/v66.0/limits`, {
    redirect: 'manual',
    headers: { authorization: `Bearer ${token}` },
  });

  expect(answer.status).toBe(302);
  expect(answer.headers.get('location')).toBe(`${org.instanceUrl}/services/data/v66.0/limits`);
});
