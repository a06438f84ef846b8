import { expect, test } from 'vitest';
import type { History } from './support/salesforce/history.ts';
import { examine, examineUnfinished, nothingFound } from './support/salesforce/history.ts';

const orders = '/event/Order__e';
const notices = '/u/notices';

/** Six events of two channels, with gaps between the replay ids, all handled. */
const sound: History = {
  published: [
    { id: 'a', channel: orders, replayId: '1' },
    { id: 'b', channel: notices, replayId: '9' },
    { id: 'c', channel: orders, replayId: '4' },
    { id: 'd', channel: notices, replayId: '10' },
    { id: 'e', channel: orders, replayId: '5' },
    { id: 'f', channel: notices, replayId: '13' },
  ],
  effects: ['a', 'c', 'b', 'e', 'd', 'f'],
  markers: new Map([
    [orders, 'b:5'],
    [notices, 'b:13'],
  ]),
  deadLettered: [],
};

const withMarkers = (ofOrders: string, ofNotices = 'b:13') =>
  new Map([
    [orders, ofOrders],
    [notices, ofNotices],
  ]);

test('nothing is found where each event took effect once and in the order of its channel', () => {
  expect(examine(sound)).toEqual(nothingFound);
  expect(examineUnfinished(sound)).toEqual(nothingFound);
});

test('an effect that is missing is found, as lost and as passed over by the marker', () => {
  const found = examine({ ...sound, effects: ['a', 'b', 'e', 'd', 'f'] });
  expect(found).toEqual({ ...nothingFound, lost: ['c'], passedOver: ['c'] });
});

test('an effect that is there twice is found, wherever the second one stands', () => {
  expect(examine({ ...sound, effects: [...sound.effects, 'a'] })).toEqual({
    ...nothingFound,
    duplicated: ['a'],
  });
  expect(examine({ ...sound, effects: ['a', ...sound.effects] })).toEqual({
    ...nothingFound,
    duplicated: ['a'],
  });
});

test('a marker that is ahead of the effects is found, also while events are on their way', () => {
  const midway = { ...sound, effects: ['a', 'b'], markers: withMarkers('b:1', 'b:9') };
  expect(examineUnfinished(midway)).toEqual(nothingFound);
  const ahead = { ...midway, markers: withMarkers('b:4', 'b:9') };
  expect(examineUnfinished(ahead)).toEqual({ ...nothingFound, passedOver: ['c'] });
  const started = { ...midway, effects: [], markers: withMarkers('b:1', 'b:9') };
  expect(examineUnfinished(started)).toEqual({ ...nothingFound, passedOver: ['a', 'b'] });
});

test('a marker at no event of its channel is found', () => {
  for (const position of ['b:3', 'b:13', 'b:since:1700000000000', 'p:AAAA', 'nonsense']) {
    expect(examineUnfinished({ ...sound, markers: withMarkers(position) }).misplaced).toEqual([position]);
  }
  expect(examine({ ...sound, markers: withMarkers('b:5:since:1700000000000') })).toEqual(nothingFound);
});

test('events that took effect out of the order of their channel are found, those of different channels are free', () => {
  const swapped = examine({ ...sound, effects: ['c', 'a', 'b', 'e', 'd', 'f'] });
  expect(swapped).toEqual({ ...nothingFound, reordered: ['a'] });
  const late = examine({ ...sound, effects: ['c', 'b', 'e', 'd', 'f', 'a'] });
  expect(late).toEqual({ ...nothingFound, reordered: ['a'] });
  const early = examine({ ...sound, effects: ['e', 'a', 'c', 'b', 'd', 'f'] });
  expect(early).toEqual({ ...nothingFound, reordered: ['a', 'c'] });
  const repeated = examine({ ...sound, effects: [...sound.effects, 'a', 'c'] });
  expect(repeated.reordered).toEqual([]);
});

test('effects of events that nobody published, dead letters and events behind the markers are found', () => {
  expect(examine({ ...sound, effects: [...sound.effects, 'a�'] })).toEqual({
    ...nothingFound,
    invented: ['a�'],
  });
  expect(examine({ ...sound, deadLettered: ['c'] })).toEqual({ ...nothingFound, deadLettered: ['c'] });
  expect(examine({ ...sound, markers: withMarkers('b:1') })).toEqual({ ...nothingFound, unsettled: 2 });
  expect(examine({ ...sound, markers: new Map() })).toEqual({ ...nothingFound, unsettled: 6 });
});
