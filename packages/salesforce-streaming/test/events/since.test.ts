import { expect, it } from 'vitest';
import { accessToken } from '../../src/auth/access-token.ts';
import { checkOptions } from '../../src/check-options.ts';
import type { EventOptions } from '../../src/events/options.ts';
import { createPlaces } from '../../src/places.ts';
import { createSubscriptions } from '../../src/subscriptions.ts';

const newYear = Date.parse('2026-01-01T00:00:00.000Z');

/** Reads a channel from the New Year on, and answers the replay ids of what is handed to core. */
async function readSince(dates: readonly string[], events: EventOptions): Promise<readonly unknown[]> {
  const channel = '/event/Order__e';
  const options = { channels: [channel], start: { at: new Date(newYear) }, ...events };
  const auth = accessToken(() => ({ accessToken: 'token', instanceUrl: 'https://acme.my.salesforce.com' }));
  const settings = checkOptions({ auth, ...options });
  const context = { start: () => Promise.resolve('latest' as const), gap: () => {} };
  const places = createPlaces({ settings, context, orgId: '00D000000000001AAA' });
  const [subscription] = createSubscriptions([channel], {
    transport: 'bayeux',
    start: options.start,
    onInvalidPosition: 'earliest',
  }).all;
  if (subscription) await places.start(subscription);
  const arrivals = dates.map((CreatedDate, index) => ({
    channel,
    cursor: String(index + 1),
    data: { payload: { CreatedDate }, event: {} },
    native: {},
  }));
  return places.admit(arrivals).incoming.map(({ headers }) => headers['replayId']);
}

const dates = ['2025-12-31T23:59:59.000Z', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'];

it('leaves out what was published before', async () => {
  expect(await readSince(dates, {})).toEqual(['2', '3']);
});

it('goes by when events were published, not by the time that `decode` gives them', async () => {
  expect(await readSince(dates, { decode: () => ({ time: new Date(0) }) })).toEqual(['2', '3']);
  expect(await readSince(dates, { decode: () => ({ time: new Date(newYear + 1) }) })).toEqual(['2', '3']);
});

it('leaves out nothing of which it can not tell', async () => {
  expect(await readSince(['', 'never'], {})).toEqual(['1', '2']);
});
