import { expect, test } from 'vitest';
import { manualClock } from '../../../src/manual-clock.ts';
import { channel, rawClient, startOrg } from '../support/raw-client.ts';

test('a handshake sets the cookies that are seen', async () => {
  const client = await rawClient(await startOrg());

  const cookies = (await client.handshake()).headers.getSetCookie();

  expect(cookies).toEqual([
    expect.stringMatching(
      /^sfdc-stream=![A-Za-z0-9]{40}=; Path=\/; Expires=\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/,
    ),
    expect.stringMatching(/^BrowserId=\w+; Path=\/; Max-Age=31536000$/),
    expect.stringMatching(/^t=\w+; Path=\/cometd\/$/),
    expect.stringMatching(/^BAYEUX_BROWSER=\w+; Path=\/; HttpOnly$/),
    expect.stringMatching(/^sfproxy-id="\w+"$/),
  ]);
  expect((await client.connect()).headers.getSetCookie()).toEqual([]);
});

test('without the BAYEUX_BROWSER cookie nothing works', async () => {
  const client = await rawClient(await startOrg());
  await client.handshake();
  client.cookies.delete('BAYEUX_BROWSER');

  expect((await client.connect()).messages[0]).toMatchObject({
    error: `400::Client ${client.clientId} has established a session, but no BAYEUX_BROWSER cookie present`,
    successful: false,
  });
});

test('with the cookie of another the client is unknown', async () => {
  const client = await (await rawClient(await startOrg())).start();
  client.cookies.set('BAYEUX_BROWSER', 'another');

  expect((await client.connect()).messages[0]).toMatchObject({ error: '403::Unknown client' });
});

test('two clients with one jar take the session from each other', async () => {
  const org = await startOrg();
  const one = await (await rawClient(org)).start();
  const two = await rawClient(org);
  for (const [name, value] of one.cookies) two.cookies.set(name, value);

  await two.handshake();

  expect((await one.connect()).messages[0]).toMatchObject({ error: '403::Unknown client' });
  expect((await two.connect()).messages[0]).toMatchObject({ successful: true });
  expect(org.counters.sessions).toBe(1);
});

test('when the route runs out, another server does not know the client, and its cookie comes with that', async () => {
  const clock = manualClock();
  const org = await startOrg({ clock });
  const client = await (await rawClient(org)).start();
  const route = client.cookies.get('sfdc-stream');
  for (let polls = 0; polls < 3 * 120; polls += 1) {
    await client.connect({ advice: { timeout: 0 } });
    await clock.advance(30_000);
  }
  expect(client.cookies.get('sfdc-stream')).toBe(route);

  const refused = await client.connect({ advice: { timeout: 0 } });

  expect(refused.messages).toMatchObject([
    { error: '403::Unknown client', advice: { reconnect: 'handshake' } },
  ]);
  expect(client.cookies.get('sfdc-stream')).not.toBe(route);
  expect(refused.headers.getSetCookie()).toHaveLength(1);
  await client.handshake();
  expect((await client.connect()).messages[0]).toMatchObject({ successful: true });
});

test('routes expire on command', async () => {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();

  org.expireRoutes();

  expect((await client.subscribe(channel)).messages[0]).toMatchObject({ error: '403::Unknown client' });
  await client.handshake();
  expect((await client.subscribe(channel)).messages[0]).toMatchObject({ successful: true });
});

test('whoever has to leave a server does not come back to it', async () => {
  const org = await startOrg();
  const clients = [await (await rawClient(org)).start(), await (await rawClient(org)).start()];

  org.expireRoutes();

  for (const client of clients) {
    expect((await client.subscribe(channel)).messages[0]).toMatchObject({ error: '403::Unknown client' });
  }
});

test('without the routing cookie each request reaches the next server', async () => {
  const client = await (await rawClient(await startOrg())).start();
  const outcomes: unknown[] = [];
  for (let request = 0; request < 4; request += 1) {
    client.cookies.delete('sfdc-stream');
    outcomes.push((await client.connect({ advice: { timeout: 0 } })).messages[0]?.['successful']);
  }

  expect(outcomes.filter((successful) => successful === true)).toHaveLength(2);
});

test('one app server knows everybody', async () => {
  const org = await startOrg({ appServers: 1 });
  const client = await (await rawClient(org)).start();

  org.expireRoutes();

  expect((await client.connect({ advice: { timeout: 0 } })).messages[0]).toMatchObject({ successful: true });
});
