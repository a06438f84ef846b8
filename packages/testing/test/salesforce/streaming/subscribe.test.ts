import { expect, test, vi } from 'vitest';
import { manualClock } from '../../../src/manual-clock.ts';
import type { SalesforceEmulator } from '../../../src/salesforce.ts';
import type { Answer } from '../support/raw-client.ts';
import { channel, eventsOf, rawClient, startOrg } from '../support/raw-client.ts';

const hour = 3_600_000;

function numbers(answer: Answer) {
  return eventsOf(answer).map(({ payload }) => (payload as { Number__c?: number }).Number__c);
}

async function subscriber(org: SalesforceEmulator) {
  return (await rawClient(org)).start();
}

function publish(org: SalesforceEmulator, ...values: readonly number[]) {
  return values.map((value) => org.publish(channel, { Number__c: value }));
}

test('a subscription begins at the tip unless it says otherwise', async () => {
  const org = await startOrg();
  const client = await subscriber(org);
  publish(org, 1);

  const { messages } = await client.subscribe(channel);
  publish(org, 2);

  expect(messages).toEqual([
    {
      channel: '/meta/subscribe',
      id: '3',
      clientId: client.clientId,
      subscription: channel,
      successful: true,
    },
  ]);
  expect(numbers(await client.connect())).toEqual([2]);
});

test('-1 is the tip, -2 all that is retained, an id what comes after it', async () => {
  const org = await startOrg({ eventsInSubscribeReply: true });
  const client = await subscriber(org);
  const [first] = publish(org, 1, 2, 3);

  expect(numbers(await client.subscribe(channel, -1))).toEqual([]);
  expect(numbers(await client.subscribe(channel, -2))).toEqual([1, 2, 3]);
  expect(numbers(await client.subscribe(channel, Number(first?.replayId)))).toEqual([2, 3]);
});

test('an event on the wire', async () => {
  const org = await startOrg();
  const client = await subscriber(org);
  await client.subscribe(channel);
  const { replayId, id } = org.publish(channel, { Note__c: 'Zoë' }, { createdDate: Date.UTC(2026, 0, 2) });

  const { messages } = await client.connect();

  expect(messages[1]).toEqual({
    channel,
    data: {
      schema: expect.any(String),
      payload: {
        CreatedDate: '2026-01-02T00:00:00.000Z',
        CreatedById: expect.stringMatching(/^005/),
        Note__c: 'Zoë',
      },
      event: { replayId: Number(replayId), EventUuid: id },
    },
  });
});

test('replay ids beyond 2^53 keep their digits, there and back', async () => {
  const org = await startOrg({
    channels: { [channel]: { firstReplayId: 9_007_199_254_740_993n, gap: 0 } },
    eventsInSubscribeReply: true,
  });
  const client = await subscriber(org);
  publish(org, 1, 2);
  expect((await client.subscribe(channel, -2)).text).toContain('"replayId":9007199254740993,');

  const subscribe = JSON.stringify([
    client.meta('subscribe', { subscription: channel, ext: { replay: { [channel]: 0 } } }),
  ]);
  const answer = await client.postText(subscribe.replace(':0}', ':9007199254740993}'));

  expect(numbers(answer)).toEqual([2]);
});

test.each([
  [77, '77'],
  [-3, '-3'],
  [1.5, '1.5'],
])('%s is no replay id', async (replayId, text) => {
  const client = await subscriber(await startOrg());

  const { messages } = await client.subscribe(channel, replayId);

  expect(messages[0]).toMatchObject({
    successful: false,
    subscription: channel,
    error: `400::The replayId {${text}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`,
  });
  expect(messages[0]).not.toHaveProperty('advice');
});

test('an id is invalid when its event is past the retention, or deleted', async () => {
  const clock = manualClock();
  const org = await startOrg({ clock, eventsInSubscribeReply: true });
  const [old] = publish(org, 1);
  await clock.advance(71 * hour);
  const [deleted] = publish(org, 2);
  publish(org, 3);
  const client = await subscriber(org);
  expect(numbers(await client.subscribe(channel, Number(old?.replayId)))).toEqual([2, 3]);

  expect(org.deleteEvents(channel, [deleted?.replayId ?? ''])).toBe(1);
  await clock.advance(hour);

  const again = await subscriber(org);
  for (const { replayId } of [old, deleted].flatMap((event) => event ?? [])) {
    expect((await again.subscribe(channel, Number(replayId))).messages[0]).toMatchObject({
      successful: false,
    });
  }
  expect(numbers(await again.subscribe(channel, -2))).toEqual([3]);
});

test('a replay map must hold the channel', async () => {
  const client = await subscriber(await startOrg());
  const ask = (replay: object) =>
    client.post(client.meta('subscribe', { subscription: channel, ext: { replay } }));
  const error = (map: string) =>
    `400::The replayId for channel {${channel}} wasn't found using the provided replay ID map {{${map}}}. Ensure that the channel name you provided in the replay map is valid and matches the channel name used for subscribing.`;

  expect((await ask({})).messages[0]).toMatchObject({ error: error('') });
  expect((await ask({ '/event/Other__e': -2 })).messages[0]).toMatchObject({
    error: error('/event/Other__e=-2'),
  });
});

test.each([
  ['/event/Nothing__e', "400::The channel you requested to subscribe to doesn't exist {/event/Nothing__e}"],
  ['/event/order__e', '400::channel names may not vary only by case'],
  ['event/Order__e', "400::Channel subscriptions must start with a leading '/'"],
])('refuses %s', async (subscription, error) => {
  const client = await subscriber(await startOrg());

  expect((await client.subscribe(subscription)).messages[0]).toMatchObject({ error, successful: false });
});

test('a filter of a PushTopic holds back what does not match', async () => {
  const org = await startOrg({ channels: { '/topic/Open': {} }, eventsInSubscribeReply: true });
  const client = await subscriber(org);
  org.publish('/topic/Open', { Id: '1', Status: 'New' });
  org.publish('/topic/Open', { Id: '2', Status: 'Old' });
  const subscription = '/topic/Open?Status=New';

  const replayed = await client.subscribe(subscription, -2);
  org.publish('/topic/Open', { Id: '3', Status: 'Old' });
  org.publish('/topic/Open', { Id: '4', Status: 'New' });
  const live = await client.connect();

  const ids = [replayed, live].flatMap(eventsOf).map(({ sobject }) => (sobject as { Id: string }).Id);
  expect(ids).toEqual(['1', '4']);
  expect(replayed.messages.at(-1)).toMatchObject({ channel: subscription });
});

test('subscribing again begins anew, and delivers nothing twice', async () => {
  const org = await startOrg({ eventsInSubscribeReply: true });
  const client = await subscriber(org);
  await client.subscribe(channel);
  await client.subscribe(channel);
  publish(org, 1);

  expect(numbers(await client.connect())).toEqual([1]);
});

test('unsubscribing ends it', async () => {
  const org = await startOrg();
  const client = await subscriber(org);
  await client.subscribe(channel);

  const { messages } = await client.post(client.meta('unsubscribe', { subscription: channel }));
  publish(org, 1);

  expect(messages[0]).toMatchObject({
    channel: '/meta/unsubscribe',
    subscription: channel,
    successful: true,
  });
  expect(numbers(await client.connect({ advice: { timeout: 0 } }))).toEqual([]);
  expect(org.counters).toMatchObject({ subscribes: 1, unsubscribes: 1 });
});

test('what is published at once comes in one reply, to the poll that hangs', async () => {
  const org = await startOrg({ events: 'before' });
  const client = await subscriber(org);
  await client.subscribe(channel);
  const poll = client.connect();
  await vi.waitFor(() => expect(org.counters.polls).toBe(1));

  publish(org, 1, 2, 3);

  const answer = await poll;
  expect(numbers(answer)).toEqual([1, 2, 3]);
  expect(answer.messages.at(-1)).toMatchObject({ channel: '/meta/connect' });
  expect(org.counters.delivered).toBe(3);
});

test('a reply has so many events at most, and the rest comes without waiting', async () => {
  const org = await startOrg({ eventsPerReply: 2, eventsInSubscribeReply: true });
  const client = await subscriber(org);
  publish(org, 1, 2, 3, 4, 5);

  const answers = [await client.subscribe(channel, -2), await client.connect(), await client.connect()];

  expect(answers.map(numbers)).toEqual([[1, 2], [3, 4], [5]]);
});

test('events come before or after the reply, by chance of the seed', async () => {
  const placements = async (seed: number) => {
    const org = await startOrg({ events: 'random', seed });
    const client = await subscriber(org);
    await client.subscribe(channel);
    const firsts: unknown[] = [];
    for (let round = 0; round < 16; round += 1) {
      publish(org, round);
      firsts.push((await client.connect()).messages[0]?.['channel']);
    }
    return firsts;
  };

  const [one, same, other] = [await placements(7), await placements(7), await placements(8)];

  expect(new Set(one)).toEqual(new Set([channel, '/meta/connect']));
  expect(same).toEqual(one);
  expect(other).not.toEqual(one);
});

test('events wait for the connect, where that is chosen', async () => {
  const org = await startOrg({ eventsInSubscribeReply: false });
  const client = await subscriber(org);
  publish(org, 1);

  expect(numbers(await client.subscribe(channel, -2))).toEqual([]);
  expect(numbers(await client.connect())).toEqual([1]);
});

test('what was on its way to a client that hung up is lost to its session', async () => {
  const org = await startOrg({ eventsInSubscribeReply: false });
  const client = await subscriber(org);
  await client.subscribe(channel);
  const [first] = publish(org, 1, 2);
  org.faults.next('connect', { kind: 'reset' });
  await expect(client.connect()).rejects.toThrow(/terminated|fetch failed/);

  expect(numbers(await client.connect({ advice: { timeout: 0 } }))).toEqual([]);
  await client.subscribe(channel, Number(first?.replayId));
  expect(numbers(await client.connect({ advice: { timeout: 0 } }))).toEqual([2]);
});

test('a batch is answered together, its connect last', async () => {
  const org = await startOrg({ eventsInSubscribeReply: false });
  const client = await subscriber(org);
  publish(org, 1);

  const answer = await client.post(
    client.meta('connect', { connectionType: 'long-polling' }),
    client.meta('subscribe', { subscription: channel, ext: { replay: { [channel]: -2 } } }),
  );

  expect(answer.messages.map((message) => message['channel'])).toEqual([
    '/meta/subscribe',
    '/meta/connect',
    channel,
  ]);
});

test('nothing is published by Bayeux', async () => {
  const client = await subscriber(await startOrg());

  const { messages } = await client.post({ channel, id: 'x', clientId: client.clientId, data: {} });

  expect(messages).toEqual([
    { channel, id: 'x', error: '403:denied_by_security_policy:create_denied', successful: false },
  ]);
});

test('events that wait are not given to somebody else', async () => {
  const org = await startOrg({ eventsInSubscribeReply: true });
  const client = await subscriber(org);
  await client.subscribe(channel);
  publish(org, 1);
  const stranger = await subscriber(org);

  const answer = await stranger.post({
    channel: '/meta/unsubscribe',
    id: '9',
    clientId: client.clientId,
    subscription: channel,
  });

  expect(answer.messages).toMatchObject([{ successful: false }]);
  expect(numbers(await client.connect())).toEqual([1]);
});
