import { expect, test } from 'vitest';
import type { EventMessage } from '../../src/bayeux/messages.ts';
import { createChannels } from '../../src/session/channels.ts';

function channelsOf(...names: readonly string[]) {
  const channels = createChannels();
  const [first, ...others] = names.map((channel) =>
    channels.add({ subscription: channel, channel, start: 'latest', onInvalidPosition: 'earliest' }),
  );
  if (!first) throw new Error('No channel.');
  for (const channel of [first, ...others]) channel.state = 'subscribed';
  return { channels, first, others };
}

const event = (channel: string, replayId: unknown): EventMessage => ({
  channel,
  data: { event: { replayId } },
});

test('notes how far each channel has got', () => {
  const { channels, first, others } = channelsOf('/event/A__e', '/event/B__e');
  const arrivals = channels.receive(
    [event('/event/A__e', 5), event('/event/B__e', 2n ** 60n + 1n), event('/event/A__e', '7')],
    { isFull: false },
  );
  expect(arrivals.map(({ channel, cursor }) => `${channel} ${cursor}`)).toEqual([
    '/event/A__e 5',
    '/event/B__e 1152921504606846977',
    '/event/A__e 7',
  ]);
  expect([first.delivered, others[0]?.delivered]).toEqual(['7', '1152921504606846977']);
});

test('leaves out what comes for a channel that is paused, and does not count it as delivered', () => {
  const { channels, first } = channelsOf('/event/A__e');
  channels.receive([event('/event/A__e', 5)], { isFull: false });
  first.state = 'paused';
  expect(channels.receive([event('/event/A__e', 6)], { isFull: false })).toEqual([]);
  expect(first.delivered).toBe('5');
});

test('pauses every channel that brings something while there is no room', () => {
  const { channels, first, others } = channelsOf('/event/A__e', '/event/B__e');
  expect(channels.receive([event('/event/B__e', 6)], { isFull: true })).toEqual([]);
  expect([first.state, others[0]?.state]).toEqual(['subscribed', 'paused']);
  expect(others[0]?.delivered).toBeUndefined();
});

test('leaves out what comes for a channel that nobody wants any more', () => {
  const { channels, first } = channelsOf('/event/A__e');
  channels.remove(first);
  expect(channels.receive([event('/event/A__e', 6)], { isFull: false })).toEqual([]);
});

test('takes an event by its channel with a filter', () => {
  const { channels } = channelsOf('/topic/Open');
  const [arrival] = channels.receive([event('/topic/Open?Status__c=New', 6)], { isFull: false });
  expect(arrival?.channel).toBe('/topic/Open');
});

test('an event without a replay id is none, and no place to go on from', () => {
  const { channels, first } = channelsOf('/event/A__e');
  channels.receive([event('/event/A__e', 5)], { isFull: false });
  const [arrival] = channels.receive([event('/event/A__e', undefined)], { isFull: false });
  expect(arrival).toMatchObject({ cursor: '5', failure: expect.any(Error) });
  expect(first.delivered).toBe('5');
});
