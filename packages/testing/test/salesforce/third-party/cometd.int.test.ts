import { describe, expect, test } from 'vitest';
import { orders, thirdPartyOrg } from './support/org.ts';
import type { ThirdPartyClient } from './support/start-client.ts';

async function subscribed(client: ThirdPartyClient, channel: string = orders): Promise<void> {
  client.command({ do: 'subscribe', channel });
  client.command({ do: 'handshake' });
  await client.until(() => client.saw('subscribed').length > 0);
}

describe('the client of CometD', () => {
  test('gets events of all kinds with their replay ids', async () => {
    const { org, start } = await thirdPartyOrg();
    const channels = [orders, '/topic/Open', '/u/notices', '/data/ChangeEvents'];
    const client = await start('cometd', {
      replay: Object.fromEntries(channels.map((channel) => [channel, -1])),
    });
    for (const channel of channels) client.command({ do: 'subscribe', channel });
    client.command({ do: 'handshake' });
    await client.until(() => client.saw('subscribed').length === 4);
    const order = org.publish(orders, { Number__c: 1 });
    const record = org.publish('/topic/Open', { Id: '001A' }, { change: 'updated' });
    const notice = org.publish('/u/notices', 'Hello');
    org.publish('/data/AccountChangeEvent', { Name: 'Acme' });

    await client.until(() => client.saw('event').length === 4);
    const data = new Map(client.saw('event').map((event) => [event.channel, event.data]));
    expect(data.get(orders)).toMatchObject({
      event: { replayId: Number(order.replayId), EventUuid: order.id },
    });
    expect(data.get('/topic/Open')).toMatchObject({
      event: { replayId: Number(record.replayId), type: 'updated' },
      sobject: { Id: '001A' },
    });
    expect(data.get('/u/notices')).toMatchObject({
      event: { replayId: Number(notice.replayId) },
      payload: 'Hello',
    });
    expect(data.get('/data/ChangeEvents')).toMatchObject({
      payload: { ChangeEventHeader: { entityName: 'Account', changeType: 'UPDATE' }, Name: 'Acme' },
    });
  });

  test('breaks characters that two chunks share', async () => {
    const { order, start } = await thirdPartyOrg({ chunkBytes: 7 });
    const client = await start('cometd', { replay: { [orders]: -2 } });
    order(...Array.from({ length: 20 }, (_, number) => number));
    await subscribed(client);
    await client.until(() => client.replayIds.length === 20);

    expect(JSON.stringify(client.saw('event'))).toContain('\uFFFD');
  });

  test('resumes after an id', async () => {
    const { order, start } = await thirdPartyOrg();
    const ids = order(1, 2, 3);
    const client = await start('cometd', { replay: { [orders]: ids[0] ?? 0 } });
    await subscribed(client);

    await client.until(() => client.replayIds.length === 2);
    expect(client.replayIds).toEqual(ids.slice(1));
  });

  test('is told of an invalid replay id, and of a channel that does not exist', async () => {
    const { org, order, start } = await thirdPartyOrg();
    const [id = 0] = order(1);
    org.deleteEvents(orders);
    const client = await start('cometd', { replay: { [orders]: id, '/event/Missing__e': -1 } });
    client.command({ do: 'subscribe', channel: orders });
    client.command({ do: 'subscribe', channel: '/event/Missing__e' });
    client.command({ do: 'handshake' });

    await client.until(() => client.saw('refused').length === 2);
    const messages = new Map(client.saw('refused').map(({ channel, message }) => [channel, message]));
    expect(messages.get(orders)).toBe(
      `400::The replayId {${id}} you provided was invalid.  ` +
        'Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.',
    );
    expect(messages.get('/event/Missing__e')).toMatch(
      /^400::The channel you requested to subscribe to doesn't exist \{\/event\/Missing__e\}/,
    );
  });

  test('refuses a channel with a filter by itself', async () => {
    const { org, start } = await thirdPartyOrg();
    const client = await start('cometd');
    client.command({ do: 'subscribe', channel: '/topic/Open?Status=New' });
    client.command({ do: 'handshake' });

    await client.until(() => client.saw('refused').length > 0);
    expect(client.saw('refused')[0]?.message).toMatch(/^It threw: .*channel/);
    expect(org.counters.subscribes).toBe(0);
  });

  test('is disconnected when its token is revoked, and resumes with a new one when it is told to', async () => {
    const { org, login, order, start, othersWhileIdle } = await thirdPartyOrg();
    const client = await start('cometd', { replay: { [orders]: -1 } });
    await subscribed(client);
    const before = order(1);
    await client.until(() => client.replayIds.length === 1);
    await client.until(() => org.counters.polls === 1);
    org.revokeTokens();

    await client.until(() => client.saw('disconnected').length > 0);
    expect(client.saw('meta').map(({ message }) => message)).toContainEqual(
      expect.objectContaining({
        channel: '/meta/connect',
        error: '401::Authentication invalid',
        advice: expect.objectContaining({ reconnect: 'none' }),
      }),
    );
    const after = order(2, 3);
    expect(await othersWhileIdle()).toBe(0);
    client.command({ do: 'token', token: await login() });
    client.command({ do: 'handshake' });
    await client.until(() => client.replayIds.length >= 3);
    expect(client.replayIds).toEqual([...before, ...after]);
  });

  test('makes a new session for an unknown one, and loses nothing', async () => {
    const { org, order, start, loseSession } = await thirdPartyOrg();
    const client = await start('cometd', { replay: { [orders]: -1 } });
    await subscribed(client);
    const before = order(1);
    await client.until(() => client.replayIds.length === 1);
    const after = await loseSession(client);

    await client.until(() => client.replayIds.length >= 4);
    expect(client.replayIds).toEqual([...before, ...after]);
    expect(client.saw('meta').map(({ message }) => message.error)).toContain('403::Unknown client');
    expect(org.counters.handshakes).toBe(2);
  });

  test('loses its session to a second client of its process, which has the same cookies', async () => {
    const { org, start } = await thirdPartyOrg();
    const client = await start('cometd', { replay: { [orders]: -1 } });
    await subscribed(client);
    await client.until(() => org.counters.polls === 1);
    client.command({ do: 'rival' });

    await client.until(() =>
      client.saw('meta').some(({ message }) => message.error === '403::Unknown client'),
    );
    await client.until(() => org.counters.handshakes >= 3);
    expect(org.counters.mostSessions).toBe(1);
  });

  test.each([{}, { successful: true }])('gives up when the server ends its session: %o', async (kick) => {
    const { org, order, start, othersWhileIdle } = await thirdPartyOrg();
    const client = await start('cometd', { replay: { [orders]: -1 } });
    await subscribed(client);
    await client.until(() => org.counters.polls === 1);
    org.kick(kick);

    await client.until(() => client.saw('disconnected').length > 0);
    expect(client.saw('meta').map(({ message }) => message.channel)).toContain('/meta/disconnect');
    order(1);
    expect(await othersWhileIdle()).toBe(0);
    expect(client.replayIds).toEqual([]);
  });

  test('sees why its handshake was denied', async () => {
    const { start } = await thirdPartyOrg();
    const client = await start('cometd', { token: 'revoked' });
    client.command({ do: 'handshake' });

    await client.until(() => client.saw('disconnected').length > 0);
    expect(client.saw('meta')[0]?.message).toMatchObject({
      channel: '/meta/handshake',
      successful: false,
      error: '403::Handshake denied',
      ext: { sfdc: { failureReason: '401::Authentication invalid' } },
    });
  });

  test('has nothing to say of HTTP errors but that it tries again', async () => {
    const { org, order, start } = await thirdPartyOrg();
    const client = await start('cometd', { replay: { [orders]: -1 } });
    await subscribed(client);
    org.faults.next('connect', { kind: 'status', status: 503 }, { times: 2 });
    const ids = order(1, 2);

    await client.until(() => client.replayIds.length === 2);
    expect(client.replayIds).toEqual(ids);
    expect(org.counters.handshakes).toBe(1);
  });
});
