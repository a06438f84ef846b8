import { describe, expect, test } from 'vitest';
import { orders, thirdPartyOrg } from './support/org.ts';

describe('the client of faye', () => {
  test('gets events with their replay ids, whole characters, and answers polls with polls', async () => {
    const { org, order, start } = await thirdPartyOrg({ chunkBytes: 7 });
    order(1);
    const client = await start('faye', { replay: { [orders]: -1 } });
    client.command({ do: 'subscribe', channel: orders });
    await client.until(() => client.saw('subscribed').length === 1);
    const after = order(2, 3);

    await client.until(() => client.replayIds.length === 2);
    expect(client.replayIds).toEqual(after);
    expect(client.saw('event')[0]?.data?.payload).toMatchObject({ Number__c: 2, Name__c: 'Grüße 東京 👋' });
    expect(client.saw('meta')[0]?.message).toMatchObject({
      channel: '/meta/handshake',
      successful: true,
      supportedConnectionTypes: ['long-polling'],
      ext: { replay: true },
    });
    expect(org.counters).toMatchObject({ handshakes: 1, subscribes: 1, mostSessions: 1 });
  });

  test('resumes after an id, and takes all that there is', async () => {
    const { order, start } = await thirdPartyOrg();
    const ids = order(1, 2, 3);
    const resuming = await start('faye', { replay: { [orders]: ids[0] ?? 0 } });
    resuming.command({ do: 'subscribe', channel: orders });
    const first = await start('faye', { replay: { [orders]: -2 } });
    first.command({ do: 'subscribe', channel: orders });

    await resuming.until(() => resuming.replayIds.length === 2);
    await first.until(() => first.replayIds.length === 3);
    expect(resuming.replayIds).toEqual(ids.slice(1));
    expect(first.replayIds).toEqual(ids);
  });

  test('takes a batch of several megabytes', async () => {
    const { org, start } = await thirdPartyOrg();
    const text = 'ü'.repeat(500_000);
    for (const Number__c of [1, 2, 3, 4]) org.publish(orders, { Number__c, Text__c: text });
    const client = await start('faye', { replay: { [orders]: -2 } });
    client.command({ do: 'subscribe', channel: orders });

    await client.until(() => client.replayIds.length === 4);
    expect(client.saw('event').map(({ data }) => data?.payload)).toMatchObject(
      [1, 2, 3, 4].map((Number__c) => ({ Number__c, Text__c: text })),
    );
  });

  test('rounds replay ids beyond 2^53, and is refused what it has made of them', async () => {
    const { org, start } = await thirdPartyOrg();
    const channel = '/event/Late__e';
    org.log.define(channel, { firstReplayId: 2n ** 53n + 1n });
    const client = await start('faye', { replay: { [channel]: -2 } });
    org.publish(channel, {});
    client.command({ do: 'subscribe', channel });
    await client.until(() => client.replayIds.length === 1);
    expect(client.replayIds).toEqual([2 ** 53]);

    const resuming = await start('faye', { replay: { [channel]: 2 ** 53 } });
    resuming.command({ do: 'subscribe', channel });
    await resuming.until(() => resuming.saw('refused').length === 1);
    expect(resuming.saw('refused')[0]?.message).toMatch(/^400::The replayId \{9007199254740992\}/);
  });

  test('can not take an invalid replay id apart: all of it is message, and no code', async () => {
    const { org, order, start } = await thirdPartyOrg();
    const [id = 0] = order(1);
    org.deleteEvents(orders);
    const client = await start('faye', { replay: { [orders]: id } });
    client.command({ do: 'subscribe', channel: orders });

    const [refused] = await client.until(() => client.saw('refused').length > 0 && client.saw('refused'));
    expect(refused).toEqual({
      saw: 'refused',
      channel: orders,
      code: null,
      message:
        `400::The replayId {${id}} you provided was invalid.  ` +
        'Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.',
    });
  });

  test('may subscribe with a filter, and breaks at the first event, whose channel it can not read', async () => {
    const { org, start } = await thirdPartyOrg();
    const client = await start('faye', { replay: { '/topic/Open': -1 } });
    client.command({ do: 'subscribe', channel: "/topic/Open?Status='New'" });
    await client.until(() => client.saw('subscribed').length === 1);
    org.publish('/topic/Open', { Id: '001A', Status: 'New' });

    await client.until(() => client.ended);
    expect(client.replayIds).toEqual([]);
  });

  test('takes the JSON of an HTTP error for messages, and waits for ever', async () => {
    const { org, start, othersWhileIdle } = await thirdPartyOrg();
    const client = await start('faye');
    org.faults.next('handshake', { kind: 'status', status: 503 });
    client.command({ do: 'subscribe', channel: orders });

    await client.until(() => org.counters.faults === 1);
    expect(await othersWhileIdle()).toBe(0);
    expect(client.saw('subscribed')).toEqual([]);
  });

  test('falls silent when its token is revoked', async () => {
    const { org, order, start, othersWhileIdle } = await thirdPartyOrg();
    const client = await start('faye', { replay: { [orders]: -1 } });
    client.command({ do: 'subscribe', channel: orders });
    await client.until(() => client.saw('subscribed').length === 1);
    await client.until(() => org.counters.polls === 1);
    org.revokeTokens();

    const refused = await client.until(() =>
      client.saw('meta').find(({ message }) => message.successful === false),
    );
    expect(refused.message).toMatchObject({
      channel: '/meta/connect',
      error: '401::Authentication invalid',
      advice: { reconnect: 'none' },
    });
    const told = client.seen.length;
    order(1);
    expect(await othersWhileIdle()).toBe(0);
    expect(client.seen).toHaveLength(told);
    expect(org.counters.sessions).toBe(0);
  });

  test('makes a new session for an unknown one, and loses nothing', async () => {
    const { org, order, start, loseSession } = await thirdPartyOrg();
    const client = await start('faye', { replay: { [orders]: -1 } });
    client.command({ do: 'subscribe', channel: orders });
    await client.until(() => client.saw('subscribed').length === 1);
    const before = order(1);
    await client.until(() => client.replayIds.length === 1);
    const after = await loseSession(client);

    await client.until(() => client.replayIds.length >= 4);
    expect(client.replayIds).toEqual([...before, ...after]);
    expect(client.saw('meta').map(({ message }) => message.error)).toContain('403::Unknown client');
    expect(org.counters.handshakes).toBe(2);
  });

  test('falls silent when the server ends its session', async () => {
    const { org, order, start, othersWhileIdle } = await thirdPartyOrg();
    const client = await start('faye', { replay: { [orders]: -1 } });
    client.command({ do: 'subscribe', channel: orders });
    await client.until(() => client.saw('subscribed').length === 1);
    await client.until(() => org.counters.polls === 1);
    org.kick();

    await client.until(() =>
      client.saw('meta').some(({ message }) => message.channel === '/meta/disconnect'),
    );
    order(1);
    expect(await othersWhileIdle()).toBe(0);
    expect(client.replayIds).toEqual([]);
  });

  test('never says that its handshake was denied', async () => {
    const { org, start, othersWhileIdle } = await thirdPartyOrg();
    const client = await start('faye', { token: 'revoked' });
    client.command({ do: 'subscribe', channel: orders });

    const denied = await client.until(() => client.saw('meta')[0]);
    expect(denied.message).toMatchObject({
      error: '403::Handshake denied',
      advice: { reconnect: 'none' },
      ext: { sfdc: { failureReason: '401::Authentication invalid' } },
    });
    expect(await othersWhileIdle()).toBe(0);
    expect([...client.saw('subscribed'), ...client.saw('refused')]).toEqual([]);
    expect(org.counters.subscribes).toBe(0);
  });
});
