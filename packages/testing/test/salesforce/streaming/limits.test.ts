import { expect, test } from 'vitest';
import { manualClock } from '../../../src/manual-clock.ts';
import { channel, eventsOf, rawClient, startOrg } from '../support/raw-client.ts';

test.each(['/cometd/66.0', '/cometd/66.0/', '/cometd/66.0/handshake', '/cometd/37.0', '/cometd/67.0'])(
  '%s is a good path',
  async (path) => {
    const client = await rawClient(await startOrg(), { path });
    expect((await client.handshake()).messages[0]).toMatchObject({ successful: true });
  },
);

test.each(['/cometd/36.0', '/cometd/68.0'])('%s is refused', async (path) => {
  const client = await rawClient(await startOrg(), { path });
  expect(await client.handshake()).toMatchObject({ status: 400, text: 'Unsupported API version' });
});

test.each(['/cometd', '/cometd/replay/36.0', '/cometd/66'])('%s does not exist', async (path) => {
  const client = await rawClient(await startOrg(), { path });
  expect((await client.handshake()).status).toBe(404);
});

test('only POST is Bayeux', async () => {
  const org = await startOrg();
  const response = await fetch(`${org.url}/cometd/66.0`);
  expect([response.status, await response.text()]).toEqual([400, 'Unknown Bayeux Transport']);
});

test('a body may have 32,768 bytes', async () => {
  const client = await (await rawClient(await startOrg())).start();
  const body = JSON.stringify([
    client.meta('connect', { connectionType: 'long-polling', advice: { timeout: 0 } }),
  ]);

  expect((await client.postText(body.padEnd(32_768))).messages[0]).toMatchObject({ successful: true });
  expect(await client.postText(body.padEnd(32_769))).toMatchObject({
    status: 413,
    text: 'Maximum Request Size Exceeded',
  });
});

test.each(['no json', '[1]', '[{}]', '""'])('refuses the body %s', async (body) => {
  const client = await rawClient(await startOrg());
  expect((await client.postText(body)).status).toBe(400);
});

test('only long-polling', async () => {
  const client = await rawClient(await startOrg());
  const refusal = { error: '400::Invalid connection type', successful: false };

  expect((await client.handshake({ supportedConnectionTypes: ['websocket'] })).messages[0]).toMatchObject(
    refusal,
  );
  await client.handshake({ supportedConnectionTypes: ['websocket', 'long-polling'] });
  expect((await client.connect({ connectionType: 'websocket' })).messages[0]).toMatchObject(refusal);
});

test('so many clients at the same time', async () => {
  const org = await startOrg({ limits: { concurrentClients: 1 } });
  const one = await (await rawClient(org)).start();
  const two = await rawClient(org);

  expect((await two.handshake()).messages[0]).toMatchObject({
    error: '403::Handshake denied',
    advice: { reconnect: 'none' },
    ext: { sfdc: { failureReason: '403::Organization concurrent user limit exceeded' } },
  });
  await one.post(one.meta('disconnect'));
  expect((await two.handshake()).messages[0]).toMatchObject({ successful: true });
});

test('so many events in 24 hours, for each subscriber', async () => {
  const clock = manualClock();
  const org = await startOrg({ clock, limits: { deliveredPerDay: 2 } });
  const [one, two] = [await (await rawClient(org)).start(), await (await rawClient(org)).start()];
  await one.subscribe(channel);
  await two.subscribe(channel);
  const { replayId } = org.publish(channel, { Number__c: 1 });
  await one.connect();
  await two.connect();
  org.publish(channel, { Number__c: 2 });

  const spent = { error: '403::Organization total events daily limit exceeded', successful: false };
  expect((await one.connect()).messages).toMatchObject([spent]);
  expect((await two.subscribe(channel)).messages).toMatchObject([spent]);

  await clock.advance(24 * 3_600_000);
  await one.start();
  org.publish(channel, { Number__c: 3 });
  const answers = [
    await one.subscribe(channel, Number(replayId)),
    await one.connect({ advice: { timeout: 0 } }),
  ];
  expect(answers.flatMap(eventsOf)).toHaveLength(2);
  expect(org.counters.delivered).toBe(4);
});
