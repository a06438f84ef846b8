import { describe, expect, test } from 'vitest';
import type { ManualClock } from '../../../src/manual-clock.ts';
import { manualClock } from '../../../src/manual-clock.ts';
import type { LoggedEvent } from '../../../src/salesforce/event-log/event.ts';
import type { EventLog } from '../../../src/salesforce/event-log/event-log.ts';
import { createEventLog } from '../../../src/salesforce/event-log/event-log.ts';
import type { ChannelOptions } from '../../../src/salesforce/event-log/options.ts';
import { seededRandom } from '../../../src/salesforce/seeded-random.ts';

const orders = '/event/Order__e';
const hour = 3_600_000;

function logWith(channels: Record<string, ChannelOptions>, clock: ManualClock = manualClock()): EventLog {
  const log = createEventLog({ clock, random: seededRandom(7) });
  for (const [name, options] of Object.entries(channels)) log.define(name, options);
  return log;
}

function publish(log: EventLog, count: number, channel = orders): LoggedEvent[] {
  return Array.from({ length: count }, (_, index) => log.publish(channel, { Number__c: index }));
}

function idsOf(events: readonly LoggedEvent[] | 'invalid'): bigint[] | 'invalid' {
  return events === 'invalid' ? events : events.map(({ replayId }) => replayId);
}

describe('replay', () => {
  test('goes on after an event, at the tip, or from the oldest one', () => {
    const log = logWith({ [orders]: {} });
    const [first, second, third] = publish(log, 3) as [LoggedEvent, LoggedEvent, LoggedEvent];

    expect(log.after(orders, first.replayId)).toEqual([second, third]);
    expect(log.after(orders, third.replayId)).toEqual([]);
    expect(log.after(orders, -1n)).toEqual([]);
    expect(log.after(orders, -2n)).toEqual([first, second, third]);
  });

  test('has gaps between the ids, the same ones for the same seed', () => {
    const ids = idsOf(publish(logWith({ [orders]: {} }), 200)) as bigint[];
    const steps = new Set(ids.slice(1).map((id, index) => Number(id - (ids[index] ?? 0n))));

    expect(ids[0]).toBe(1n);
    expect(steps).toEqual(new Set([1, 2, 3, 4]));
    expect(idsOf(publish(logWith({ [orders]: {} }), 200))).toEqual(ids);
  });

  test('has no gaps when none are wanted', () => {
    expect(idsOf(publish(logWith({ [orders]: { gap: 0 } }), 4))).toEqual([1n, 2n, 3n, 4n]);
  });

  test('counts on beyond what a double holds', () => {
    const log = logWith({ [orders]: { firstReplayId: 2n ** 53n, gap: 0 } });
    const [first, second] = publish(log, 3) as [LoggedEvent, LoggedEvent];

    expect(first.replayId).toBe(9_007_199_254_740_992n);
    expect(second.replayId).toBe(9_007_199_254_740_993n);
    expect(idsOf(log.after(orders, second.replayId))).toEqual([9_007_199_254_740_994n]);
  });

  test('refuses an id that was left out, and one that was not given yet', () => {
    const log = logWith({ [orders]: {} });
    const ids = idsOf(publish(log, 50)) as bigint[];
    const [last] = ids.slice(-1) as [bigint];
    const given = new Set(ids);

    for (let id = 0n; id <= last + 5n; id++) {
      expect(log.after(orders, id) === 'invalid', `id ${id}`).toBe(!given.has(id));
    }
    expect(log.after(orders, -3n)).toBe('invalid');
  });

  test('refuses an id of another channel', () => {
    const log = logWith({ [orders]: { firstReplayId: 500n }, '/event/Refund__e': {} });
    const [order] = publish(log, 1) as [LoggedEvent];
    publish(log, 1, '/event/Refund__e');

    expect(log.after('/event/Refund__e', order.replayId)).toBe('invalid');
  });

  test('goes on after a place that was passed without an event', () => {
    const log = logWith({ [orders]: {} });
    const [first] = publish(log, 1) as [LoggedEvent];
    const passed = log.pass(orders);
    const [second] = publish(log, 1) as [LoggedEvent];

    expect(passed).toBeGreaterThan(first.replayId);
    expect(log.after(orders, passed)).toEqual([second]);
    expect(log.after(orders, -2n)).toEqual([first, second]);
    expect(log.newest(orders)).toBe(second.replayId);
  });
});

describe('retention', () => {
  test.each([
    ['/topic/Open', 24],
    ['/u/notices', 24],
    [orders, 72],
    ['/data/AccountChangeEvent', 72],
  ])('of %s is %i hours', async (channel, hours) => {
    const clock = manualClock();
    const log = logWith({ [channel]: {} }, clock);
    const content = channel.startsWith('/u/') ? 'text' : { Id: 'a' };
    const first = log.publish(channel, content);
    await clock.advance(hours * hour - 1);
    const second = log.publish(channel, content);

    expect(log.after(channel, first.replayId)).toEqual([second]);
    await clock.advance(1);
    expect(log.after(channel, first.replayId)).toBe('invalid');
    expect(log.after(channel, -2n)).toEqual([second]);
    await clock.advance(hours * hour);
    expect(log.after(channel, second.replayId)).toBe('invalid');
    expect(log.after(channel, -2n)).toEqual([]);
  });

  test('can be set', async () => {
    const clock = manualClock();
    const log = logWith({ [orders]: { retention: 1_000 } }, clock);
    publish(log, 1);
    await clock.advance(1_000);

    expect(log.after(orders, -2n)).toEqual([]);
  });

  test('never gives an id twice, after all were deleted', () => {
    const log = logWith({ [orders]: {} });
    const before = idsOf(publish(log, 3)) as bigint[];
    log.deleteEvents(orders);
    const [next] = publish(log, 1) as [LoggedEvent];

    expect(before.every((id) => id < next.replayId)).toBe(true);
  });

  test('ends for events that are deleted', () => {
    const log = logWith({ [orders]: {} });
    const [first, second, third] = publish(log, 3) as [LoggedEvent, LoggedEvent, LoggedEvent];

    expect(log.deleteEvents(orders, [second.replayId])).toBe(1);
    expect(log.after(orders, second.replayId)).toBe('invalid');
    expect(log.after(orders, first.replayId)).toEqual([third]);
    log.pass(orders);
    expect(log.deleteEvents(orders)).toBe(2);
    expect(log.after(orders, -2n)).toEqual([]);
  });
});

describe('channels that carry events of others', () => {
  const accounts = '/data/AccountChangeEvent';
  const things = '/data/Thing__ChangeEvent';

  test('have them under ids of their own', () => {
    const custom = '/event/Sales__chn';
    const log = logWith({
      [orders]: {},
      '/event/Refund__e': {},
      '/event/Other__e': {},
      [custom]: { members: [orders, '/event/Refund__e'], firstReplayId: 1_000n },
    });
    const order = log.publish(orders, {});
    log.publish('/event/Other__e', {});
    const refund = log.publish('/event/Refund__e', {});

    const carried = log.after(custom, -2n) as readonly LoggedEvent[];
    expect(carried.map(({ uuid, apiName, channel }) => [uuid, apiName, channel])).toEqual([
      [order.uuid, 'Order__e', custom],
      [refund.uuid, 'Refund__e', custom],
    ]);
    expect(carried[0]?.replayId).toBe(1_000n);
    expect(idsOf(log.after(orders, -2n))).toEqual([order.replayId]);
  });

  test('are told of all changes, and of no platform events', () => {
    const log = logWith({ [accounts]: {}, [things]: {}, [orders]: {} });
    log.change([
      { entityName: 'Account', changeType: 'CREATE' },
      { entityName: 'Thing__c', changeType: 'DELETE' },
    ]);
    log.publish(orders, {});

    const all = log.after('/data/ChangeEvents', -2n) as readonly LoggedEvent[];
    expect(all.map(({ apiName }) => apiName)).toEqual(['AccountChangeEvent', 'Thing__ChangeEvent']);
    expect(log.after(things, -2n)).toHaveLength(1);
  });

  test('take no events of their own', () => {
    const log = logWith({ '/event/Sales__chn': {} });

    expect(() => log.publish('/event/Sales__chn', {})).toThrow(/only carries events of others/);
    expect(() => log.publish('/data/ChangeEvents', {})).toThrow(/only carries events of others/);
  });
});

describe('listeners', () => {
  test('hear of new events of their channel, in order, until they stop listening', () => {
    const log = logWith({ [orders]: {}, '/event/Other__e': {} });
    const heard: LoggedEvent[] = [];
    publish(log, 1);
    const stop = log.onAppend(orders, (event) => heard.push(event));
    const published = publish(log, 2);
    publish(log, 1, '/event/Other__e');
    stop();
    publish(log, 1);

    expect(heard).toEqual(published);
  });

  test('hear of what custom channels carry too', () => {
    const log = logWith({ [orders]: {}, '/event/Sales__chn': { members: [orders] } });
    const heard: LoggedEvent[] = [];
    log.onAppend('/event/Sales__chn', (event) => heard.push(event));
    const order = log.publish(orders, {});

    expect(heard.map(({ uuid }) => uuid)).toEqual([order.uuid]);
  });
});

describe('definitions', () => {
  test.each([
    '/meta/handshake',
    'event/Order__e',
    '/event/Order e',
    '/topic/NameOfMoreThan25Characters',
    '/data/Account',
  ])('of channels that Salesforce can not have are refused: %s', (name) => {
    expect(() => logWith({ [name]: {} })).toThrow(`Salesforce has no channels with names like "${name}".`);
  });

  test('are made once', () => {
    const log = logWith({ [orders]: {} });

    expect(() => log.define(orders)).toThrow(/has a channel "\/event\/Order__e" already/);
    expect(() => log.publish('/event/Missing__e', {})).toThrow(/Define it first/);
  });

  test('let the channel of all changes begin elsewhere', () => {
    const log = logWith({ '/data/AccountChangeEvent': {}, '/data/ChangeEvents': { firstReplayId: 90n } });
    log.publish('/data/AccountChangeEvent', {});

    expect(idsOf(log.after('/data/ChangeEvents', -2n))).toEqual([90n]);
    expect(() => log.define('/data/ChangeEvents')).toThrow(/already/);
  });

  test('say of what events consist', () => {
    const log = logWith({ '/u/notices': {}, [orders]: {} });

    expect(() => log.publish('/u/notices', {})).toThrow(/are texts/);
    expect(() => log.publish(orders, 'text')).toThrow(/consist of fields/);
  });

  test('make another schema of other fields', () => {
    const log = logWith({ [orders]: { fields: { Amount__c: { type: 'double' } } } });
    const [before, same] = publish(log, 2) as [LoggedEvent, LoggedEvent];
    log.redefine(orders, { Amount__c: { type: 'double' }, Note__c: { type: 'string' } });
    const [after] = publish(log, 1) as [LoggedEvent];

    expect(same.schema).toBe(before.schema);
    expect(after.schema).not.toBe(before.schema);
    expect(log.channel(orders)?.fields).toHaveProperty('Note__c');
  });
});
