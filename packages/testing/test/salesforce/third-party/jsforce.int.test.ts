import { describe, expect, test } from 'vitest';
import { orders, thirdPartyOrg } from './support/org.ts';

describe('the client of jsforce', () => {
  test('logs in with username and password, and gets events of a topic', async () => {
    const { org, start } = await thirdPartyOrg();
    const client = await start('jsforce', { token: '' });
    client.command({ do: 'subscribe', channel: 'Open' });
    await client.until(() => client.saw('subscribed').length === 1);
    const { replayId } = org.publish('/topic/Open', { Id: '001A', Name: 'Acme' });

    await client.until(() => client.replayIds.length === 1);
    expect(client.saw('event')[0]?.data).toMatchObject({
      event: { type: 'created', replayId: Number(replayId) },
      sobject: { Id: '001A', Name: 'Acme' },
    });
    expect(org.counters.logins).toBe(1);
  });

  test('pushes to a generic channel what it then gets', async () => {
    const { start } = await thirdPartyOrg();
    const client = await start('jsforce');
    client.command({ do: 'subscribe', channel: '/u/notices' });
    await client.until(() => client.saw('subscribed').length === 1);
    client.command({ do: 'rest', what: 'push' });

    await client.until(() => client.saw('result').length === 1 && client.saw('event').length === 1);
    expect(client.saw('result')[0]?.result).toEqual({ fanoutCount: -1, userOnlineStatus: {} });
    expect(client.saw('event')[0]?.data).toMatchObject({ payload: 'Hello' });
  });

  test('publishes platform events by REST', async () => {
    const { org, start } = await thirdPartyOrg();
    const client = await start('jsforce');
    for (const what of ['create', 'createMany', 'createMissing', 'describe', 'limits']) {
      client.command({ do: 'rest', what });
      await client.until(() => client.saw('result').some((result) => result.what === what));
    }
    const results = new Map(client.saw('result').map(({ what, result }) => [what, result]));
    const saved = { success: true, errors: [{ statusCode: 'OPERATION_ENQUEUED' }] };

    expect(results.get('create')).toMatchObject(saved);
    expect(results.get('createMany')).toMatchObject([saved, saved]);
    expect(results.get('createMissing')).toEqual({
      name: 'NOT_FOUND',
      message: 'The requested resource does not exist',
    });
    expect(results.get('describe')).toMatchObject({ name: 'Order__e' });
    expect(results.get('limits')).toMatchObject({ DailyDeliveredPlatformEvents: { Max: 1_000_000 } });
    expect(org.log.after(orders, -2n)).toMatchObject(
      [1, 2, 3].map((number) => ({ fields: { Number__c: number } })),
    );
  });

  test('is told by REST that its token was revoked', async () => {
    const { org, start } = await thirdPartyOrg();
    const client = await start('jsforce');
    org.revokeTokens();
    client.command({ do: 'rest', what: 'create' });

    await client.until(() => client.saw('result').length === 1);
    expect(client.saw('result')[0]?.result).toMatchObject({
      name: 'INVALID_SESSION_ID',
      message: 'Session expired or invalid',
    });
  });

  test('resumes after an id by its replay extension', async () => {
    const { order, start } = await thirdPartyOrg();
    const ids = order(1, 2, 3);
    const client = await start('jsforce', { replay: { [orders]: ids[0] ?? 0 } });
    client.command({ do: 'subscribe', channel: orders });

    await client.until(() => client.replayIds.length === 2);
    expect(client.replayIds).toEqual(ids.slice(1));
  });

  test('trips over a second channel, of which its replay extension knows nothing', async () => {
    const { start } = await thirdPartyOrg();
    const client = await start('jsforce', { replay: { [orders]: -1 } });
    client.command({ do: 'subscribe', channel: orders });
    await client.until(() => client.saw('subscribed').length === 1);
    client.command({ do: 'subscribe', channel: '/event/Refund__e' });

    await client.until(() => client.saw('refused').length === 1);
    expect(client.saw('refused')[0]?.message).toMatch(
      /^400::The replayId for channel \{\/event\/Refund__e\} wasn't found using the provided replay ID map/,
    );
  });

  test('is refused an invalid replay id', async () => {
    const { org, order, start } = await thirdPartyOrg();
    const [id = 0] = order(1);
    org.deleteEvents(orders);
    const client = await start('jsforce', { replay: { [orders]: id } });
    client.command({ do: 'subscribe', channel: orders });

    await client.until(() => client.saw('refused').length === 1);
    expect(client.saw('refused')[0]).toMatchObject({
      code: null,
      message: expect.stringMatching(/^400::The replayId \{\d+\} you provided was invalid\. {2}Please/),
    });
  });

  test('calls its auth failure extension when the token is revoked, and is over', async () => {
    const { org, order, start, othersWhileIdle } = await thirdPartyOrg();
    const client = await start('jsforce', { replay: { [orders]: -1 } });
    client.command({ do: 'subscribe', channel: orders });
    await client.until(() => client.saw('subscribed').length === 1);
    await client.until(() => org.counters.polls === 1);
    org.revokeTokens();

    await client.until(() => client.saw('disconnected').length === 1);
    order(1);
    expect(await othersWhileIdle()).toBe(0);
    expect(client.replayIds).toEqual([]);
  });

  test('calls its auth failure extension when the handshake is denied', async () => {
    const { start } = await thirdPartyOrg();
    const client = await start('jsforce', { replay: { [orders]: -1 }, token: 'revoked' });
    client.command({ do: 'subscribe', channel: orders });

    await client.until(() => client.saw('disconnected').length === 1);
    expect(client.saw('subscribed')).toEqual([]);
  });

  test('takes it for an auth failure when the server ends its session, and is over', async () => {
    const { org, order, start, othersWhileIdle } = await thirdPartyOrg();
    const client = await start('jsforce', { replay: { [orders]: -1 } });
    client.command({ do: 'subscribe', channel: orders });
    await client.until(() => client.saw('subscribed').length === 1);
    await client.until(() => org.counters.polls === 1);
    org.kick();

    await client.until(() => client.saw('disconnected').length === 1);
    // It is told with the poll that hung, not only when it asks again.
    expect(client.saw('meta').map(({ message }) => message.error)).not.toContain('403::Unknown client');
    order(1);
    expect(await othersWhileIdle()).toBe(0);
    expect(client.replayIds).toEqual([]);
  });

  test('makes a new session for an unknown one, and loses nothing', async () => {
    const { org, order, start, loseSession } = await thirdPartyOrg();
    const client = await start('jsforce', { replay: { [orders]: -1 } });
    client.command({ do: 'subscribe', channel: orders });
    await client.until(() => client.saw('subscribed').length === 1);
    const before = order(1);
    await client.until(() => client.replayIds.length === 1);
    const after = await loseSession(client);

    await client.until(() => client.replayIds.length >= 4);
    expect(client.replayIds).toEqual([...before, ...after]);
    expect(org.counters.handshakes).toBe(2);
  });
});
