import { expect, test } from 'vitest';
import { passesFilter, splitSubscription } from '../../../src/salesforce/event-log/push-topic-filter.ts';

function passes(subscription: string, sobject: Record<string, unknown>): boolean {
  return passesFilter(sobject, splitSubscription(subscription).filter);
}

test('is taken off the name of the channel', () => {
  expect(splitSubscription("/topic/Open?Industry='Energy'&City=San%20Francisco")).toEqual({
    channel: '/topic/Open',
    filter: [
      ['Industry', 'Energy'],
      ['City', 'San Francisco'],
    ],
  });
  expect(splitSubscription('/u/what?is=this')).toEqual({ channel: '/u/what?is=this', filter: [] });
});

test('lets through what meets any of its conditions', () => {
  const filter = "/topic/Open?Industry='Energy'&City='Oslo'";

  expect(passes(filter, { Industry: 'Energy', City: 'Rome' })).toBe(true);
  expect(passes(filter, { Industry: 'Food', City: 'Oslo' })).toBe(true);
  expect(passes(filter, { Industry: 'Food', City: 'Rome' })).toBe(false);
  expect(passes(filter, { Id: '001A' })).toBe(false);
});

test('lets through everything when there is none', () => {
  expect(passes('/topic/Open', {})).toBe(true);
});

test.each([
  ['Size=12', { Size: 12 }],
  ['Done=true', { Done: true }],
  ["Name='Don''s'", { Name: "Don''s" }],
  ['Name=O Neil', { Name: 'O Neil' }],
])('compares %s with %o', (filter, sobject) => {
  expect(passes(`/topic/Open?${filter}`, sobject)).toBe(true);
  expect(passes(`/topic/Open?${filter}`, { Size: 13, Done: false, Name: '' })).toBe(false);
});
