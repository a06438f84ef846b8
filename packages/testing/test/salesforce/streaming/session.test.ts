import { expect, test, vi } from 'vitest';
import { manualClock } from '../../../src/manual-clock.ts';
import type { SalesforceEmulator } from '../../../src/salesforce.ts';
import { channel, eventsOf, rawClient, startOrg } from '../support/raw-client.ts';

const retry = { interval: 0, timeout: 110_000, reconnect: 'retry' };
const unknownClient = {
  advice: { reconnect: 'handshake', interval: 0 },
  error: '403::Unknown client',
  successful: false,
};

const polls = (org: SalesforceEmulator, count: number) =>
  vi.waitFor(() => expect(org.counters.polls).toBe(count));

test('a handshake', async () => {
  const client = await rawClient(await startOrg());

  const { status, messages } = await client.handshake();

  expect(status).toBe(200);
  expect(messages).toEqual([
    {
      channel: '/meta/handshake',
      id: '1',
      clientId: expect.stringMatching(/^[a-z0-9]{28}$/),
      successful: true,
      version: '1.0',
      minimumVersion: '1.0',
      supportedConnectionTypes: ['long-polling'],
      ext: { replay: true, 'payload.format': true },
    },
  ]);
});

test('the first connect is answered at once, with the only advice', async () => {
  const clock = manualClock();
  const org = await startOrg({ clock });
  const client = await rawClient(org);
  const { clientId } = (await client.handshake()).messages[0] ?? {};

  const first = await client.connect();
  const second = client.connect();
  await polls(org, 1);
  await clock.advance(109_999);
  expect(org.counters.polls).toBe(1);
  await clock.advance(1);

  expect(first.messages).toEqual([
    { channel: '/meta/connect', id: '2', clientId, successful: true, advice: retry },
  ]);
  expect((await second).messages).toEqual([
    { channel: '/meta/connect', id: '3', clientId, successful: true },
  ]);
});

test('times scale, and the advice with them', async () => {
  const clock = manualClock();
  const org = await startOrg({ clock, timeScale: 100 });
  const client = await rawClient(org);
  await client.handshake();

  expect((await client.connect()).messages[0]).toMatchObject({ advice: { ...retry, timeout: 1_100 } });
  const poll = client.connect();
  await polls(org, 1);
  await clock.advance(1_100);
  expect((await poll).messages).toHaveLength(1);
  await clock.advance(400);
  expect(org.counters.sessions).toBe(0);
});

test('a client may ask for an answer at once', async () => {
  const client = await (await rawClient(await startOrg({ clock: manualClock() }))).start();

  expect((await client.connect({ advice: { timeout: 0 } })).messages).toHaveLength(1);
});

test('a session waits 40 seconds for the next poll', async () => {
  const clock = manualClock();
  const org = await startOrg({ clock });
  const client = await (await rawClient(org)).start();
  await clock.advance(39_999);
  // Each message to the session starts its time anew.
  expect((await client.subscribe(channel)).messages[0]).toMatchObject({ successful: true });
  await clock.advance(39_999);
  expect(org.counters.sessions).toBe(1);

  await clock.advance(1);

  expect(org.counters.sessions).toBe(0);
  expect((await client.connect()).messages).toEqual([
    { channel: '/meta/connect', id: '4', ...unknownClient },
  ]);
  expect((await client.subscribe(channel)).messages).toEqual([
    { channel: '/meta/subscribe', id: '5', subscription: channel, ...unknownClient },
  ]);
});

test('a poll that hangs keeps the session alive, whatever else is said', async () => {
  const clock = manualClock();
  const org = await startOrg({ clock });
  const client = await (await rawClient(org)).start();
  const poll = client.connect();
  await polls(org, 1);
  await client.subscribe(channel);

  await clock.advance(100_000);
  org.publish(channel, { Number__c: 1 });

  expect(eventsOf(await poll)).toHaveLength(1);
});

test('a client that hangs up is given its 40 seconds', async () => {
  const clock = manualClock();
  const org = await startOrg({ clock });
  const client = await (await rawClient(org)).start();
  const hangUp = new AbortController();
  const cookie = [...client.cookies].map((pair) => pair.join('=')).join('; ');
  const poll = fetch(`${org.url}/cometd/66.0`, {
    method: 'POST',
    signal: hangUp.signal,
    headers: { authorization: `Bearer ${client.token}`, cookie },
    body: JSON.stringify([client.meta('connect', { connectionType: 'long-polling' })]),
  });
  await polls(org, 1);

  hangUp.abort();

  await expect(poll).rejects.toThrow('aborted');
  await polls(org, 0);
  await clock.advance(39_999);
  expect(org.counters.sessions).toBe(1);
  await clock.advance(1);
  expect(org.counters.sessions).toBe(0);
});

test('a second connect ends the first', async () => {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();
  await client.subscribe(channel);
  const first = client.connect();
  await polls(org, 1);

  const second = client.connect();

  expect(await first).toMatchObject({ status: 408, text: '' });
  org.publish(channel, {});
  expect(eventsOf(await second)).toHaveLength(1);
});

test('a disconnect ends the session and its poll', async () => {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();
  const poll = client.connect();
  await polls(org, 1);

  const { messages } = await client.post(client.meta('disconnect'));

  expect(messages).toEqual([
    { channel: '/meta/disconnect', id: '4', clientId: client.clientId, successful: true },
  ]);
  expect((await poll).status).toBe(200);
  expect((await client.connect()).messages[0]).toMatchObject(unknownClient);
  expect(org.counters).toMatchObject({ sessions: 0, mostSessions: 1, disconnects: 1 });
});

test.each([
  ['bare', {}],
  ['successful', { successful: true }],
  ['unsuccessful', { successful: false }],
])('the server disconnects: %s', async (_, kick) => {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();
  const poll = client.connect();
  await polls(org, 1);

  org.kick(kick);

  const { messages } = await poll;
  expect(messages[0]).toEqual({ channel: '/meta/disconnect', ...kick });
  expect(messages[1]).toMatchObject({ channel: '/meta/connect', successful: true });
  expect((await client.connect()).messages[0]).toMatchObject({
    error: '403::Unknown client',
    advice: { reconnect: 'none' },
  });
});

test('a session that does not poll hears of its end with the next connect', async () => {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();
  org.kick();

  expect((await client.connect()).messages.map((message) => message['channel'])).toEqual([
    '/meta/disconnect',
    '/meta/connect',
  ]);
});

test('a revoked token', async () => {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();
  const poll = client.connect();
  await polls(org, 1);

  org.revokeTokens();

  expect((await poll).messages).toMatchObject([{ channel: '/meta/connect', successful: true }]);
  expect((await client.connect()).messages).toEqual([
    { channel: '/meta/disconnect' },
    {
      channel: '/meta/connect',
      id: '4',
      error: '401::Authentication invalid',
      successful: false,
      advice: { reconnect: 'none' },
    },
  ]);
  expect((await client.handshake()).messages).toEqual([
    {
      channel: '/meta/handshake',
      id: '5',
      error: '403::Handshake denied',
      successful: false,
      advice: { reconnect: 'none' },
      ext: { sfdc: { failureReason: '401::Authentication invalid' }, replay: true, 'payload.format': true },
    },
  ]);
  await client.renew();
  expect((await client.handshake()).messages[0]).toMatchObject({ successful: true });
  expect(org.counters.logins).toBe(2);
});

test('each request is looked at for its token', async () => {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();
  const subscribe = JSON.stringify([client.meta('subscribe', { subscription: channel })]);

  expect((await client.postText(subscribe, { authorization: 'OAuth wrong' })).messages[0]).toMatchObject({
    error: '401::Authentication invalid',
  });
  expect(org.counters.sessions).toBe(0);
  const handshake = JSON.stringify([
    { channel: '/meta/handshake', supportedConnectionTypes: ['long-polling'] },
  ]);
  expect((await client.postText(handshake, { authorization: '' })).messages[0]).toMatchObject({
    ext: { sfdc: { failureReason: '401::Request requires authentication' } },
  });
});

test('the scheme OAuth is as good as Bearer', async () => {
  const client = await rawClient(await startOrg());
  const handshake = JSON.stringify([
    client.meta('handshake', { supportedConnectionTypes: ['long-polling'] }),
  ]);

  const { messages } = await client.postText(handshake, { authorization: `OAuth ${client.token}` });

  expect(messages[0]).toMatchObject({ successful: true });
});

test('counts connects by session', async () => {
  const org = await startOrg();
  const one = await (await rawClient(org)).start();
  const two = await (await rawClient(org)).start();
  await one.connect({ advice: { timeout: 0 } });

  expect(org.counters.connectsBySession).toEqual(
    new Map([
      [one.clientId, 2],
      [two.clientId, 1],
    ]),
  );
  expect(org.counters).toMatchObject({ sessions: 2, mostSessions: 2, handshakes: 2, connects: 3, logins: 2 });
});
