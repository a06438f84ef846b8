import type { Refusal } from '@millrace/testing/salesforce-pubsub';
import { refusals } from '@millrace/testing/salesforce-pubsub';
import { tcpProxy } from '@millrace/testing';
import { expect, onTestFinished, test } from 'vitest';
import { salesforceError } from '../../src/errors.ts';
import { orders, setUp } from './support/setting.ts';
import { advanceUntil, until } from './support/until.ts';

const fromEarliest = { start: () => ({ from: 'earliest' }) as const };

/** A reader that has had event 1. */
async function reading() {
  const setting = await setUp();
  setting.publish(1);
  const reader = await setting.read(fromEarliest);
  await reader.count(1);
  return { ...setting, reader };
}

const passing: readonly (readonly [Refusal | undefined, string])[] = [
  [undefined, 'SALESFORCE_CONNECTION_LOST'],
  [refusals.unavailable, 'SALESFORCE_BUSY'],
  [{ status: 'UNAVAILABLE' }, 'SALESFORCE_UNREACHABLE'],
  [{ status: 'DEADLINE_EXCEEDED' }, 'SALESFORCE_CONNECTION_LOST'],
  [{ status: 'INTERNAL' }, 'SALESFORCE_CONNECTION_LOST'],
  [{ status: 'ABORTED' }, 'SALESFORCE_CONNECTION_LOST'],
  [{ status: 'CANCELLED' }, 'SALESFORCE_CONNECTION_LOST'],
  [{ status: 'UNKNOWN', errorCode: 'something.new' }, 'SALESFORCE_CONNECTION_LOST'],
];

test.each(passing)('a stream that ends with %o is resumed after the last event', async (refusal, code) => {
  const { reader, pubsub, publish, clock } = await reading();
  pubsub.endStreams(refusal);
  await until(() => reader.troubles.length === 1);
  expect(reader.troubles[0]).toMatchObject({ code });
  expect(pubsub.counters.streams).toBe(0);
  publish(2, 3);
  await advanceUntil(clock, 100, () => reader.arrivals.length === 3);
  expect(reader.numbers).toEqual([1, 2, 3]);
  expect(pubsub.counters.subscribes).toBe(2);
});

test('tries again after pauses that grow, at a random time within each', async () => {
  const { reader, pubsub, clock, publish } = await reading();
  pubsub.refuseNext('Subscribe', refusals.unavailable, 4);
  pubsub.endStreams(refusals.unavailable);
  // Half of 1, 2, 4, 8 and 16 seconds, as random is 0.5 here.
  for (const [index, pause] of [500, 1_000, 2_000, 4_000, 8_000].entries()) {
    await until(() => reader.troubles.length === index + 1);
    await clock.advance(pause - 1);
    expect(pubsub.counters.subscribes).toBe(index + 1);
    await clock.advance(1);
    await until(() => pubsub.counters.subscribes === index + 2);
  }
  publish(2);
  await reader.count(2);
  // From the first pause on again, once it has worked.
  pubsub.endStreams(refusals.unavailable);
  await until(() => reader.troubles.length === 6);
  await clock.advance(500);
  await until(() => pubsub.counters.subscribes === 7);
});

test('events that come right before the error are not lost on the way', async () => {
  const { reader, pubsub, publish, clock } = await reading();
  for (let round = 0; round < 5; round += 1) {
    publish(round * 2 + 2, round * 2 + 3);
    await Promise.resolve();
    pubsub.endStreams({ status: 'INTERNAL' });
    await advanceUntil(clock, 1_000, () => pubsub.counters.streams === 1);
  }
  await reader.count(11);
  expect(reader.numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test.each([refusals.auth, { ...refusals.auth, errorCode: 'service.auth.refresh.invalid' }])(
  'renews a token that is refused with $errorCode, and goes on at once',
  async (refusal) => {
    const { reader, org, pubsub, publish, clock } = await reading();
    const { logins } = org.counters;
    await clock.advance(10_000);
    org.revokeTokens();
    pubsub.endStreams(refusal);
    publish(2);
    await reader.count(2);
    expect(org.counters.logins).toBe(logins + 1);
    expect(reader.troubles).toEqual([]);
  },
);

test('all channels share one login when the token is refused', async () => {
  const channels = Array.from({ length: 5 }, (_, index) => `/event/E${index}__e`);
  const { org, pubsub, clock, read } = await setUp({
    channels: Object.fromEntries(channels.map((name) => [name, {}])),
  });
  const reader = await read({ channels });
  await until(() => pubsub.counters.requested === 100);
  await clock.advance(10_000);
  const { logins } = org.counters;
  org.revokeTokens();
  expect(pubsub.endStreams(refusals.auth)).toBe(5);
  await until(() => pubsub.counters.streams === 5);
  await until(() => pubsub.counters.requested === 200);
  for (const name of channels) org.publish(name, { N: 1 });
  await reader.count(5);
  expect(org.counters.logins).toBe(logins + 1);
});

test('a server that refuses every token is not stormed with logins', async () => {
  const { reader, org, pubsub, clock } = await reading();
  pubsub.refuseNext('Subscribe', refusals.auth, 1_000);
  const { logins } = org.counters;
  pubsub.endStreams(refusals.auth);
  await advanceUntil(clock, 1_000, () => reader.troubles.length >= 1);
  const from = clock.now();
  await advanceUntil(clock, 5_000, () => clock.now() - from >= 600_000);
  // One in half a minute, once the pauses are at their longest.
  expect(org.counters.logins - logins).toBeLessThan(30);
  expect(pubsub.counters.subscribes).toBeLessThan(60);
  expect(reader.troubles.map(({ code }) => code)).toContain('SALESFORCE_SESSION_REFUSED');
});

test('ends with the error when logging in is denied for good', async () => {
  const { reader, org, pubsub, clock } = await reading();
  await clock.advance(10_000);
  org.faults.next(
    'token',
    { kind: 'oauth', error: 'invalid_client', description: 'invalid client credentials' },
    { times: 10 },
  );
  org.revokeTokens();
  pubsub.endStreams(refusals.auth);
  await expect(reader.ended).rejects.toMatchObject({ code: 'SALESFORCE_AUTH_DENIED' });
});

test('waits while logging in fails for now', async () => {
  const { reader, org, pubsub, clock, publish } = await reading();
  await clock.advance(10_000);
  org.faults.next('token', { kind: 'status', status: 503 }, { times: 3 });
  org.revokeTokens();
  pubsub.endStreams(refusals.auth);
  publish(2);
  await advanceUntil(clock, 1_000, () => reader.arrivals.length === 2);
  expect(reader.troubles.map(({ code }) => code)).toContain('SALESFORCE_AUTH_UNAVAILABLE');
});

test.each(['concurrent.client.limit.exceeded', 'subscription.limit.exceeded'])(
  'waits for long at %s, and says so',
  async (errorCode) => {
    const { reader, pubsub, clock, publish } = await reading();
    pubsub.endStreams({ status: 'RESOURCE_EXHAUSTED', errorCode });
    await until(() => reader.troubles.length === 1);
    expect(reader.troubles[0]).toMatchObject({ code: 'SALESFORCE_LIMIT_EXCEEDED' });
    expect(reader.session.details()).toMatchObject({
      state: 'recovering',
      waiting: 0,
      channels: { [orders]: { state: 'suspended', reason: expect.stringContaining(errorCode) } },
    });
    await clock.advance(14_999);
    expect(pubsub.counters.subscribes).toBe(1);
    publish(2);
    await clock.advance(1);
    await reader.count(2);
    expect(reader.session.details()).toEqual({
      state: 'reading',
      waiting: 0,
      channels: { [orders]: { state: 'subscribed' } },
    });
  },
);

test.each([
  ['corrupted', 'AAAAAAAA__8AAA'],
  ['validation.failed', 'AAAA'],
])('an invalid position (%s) is fallen back from, with a gap', async (part, cursor) => {
  const { publish, read } = await setUp();
  publish(1, 2);
  const reader = await read({ start: () => ({ from: 'after', cursor }) });
  await reader.count(2);
  expect(reader.fallBacks).toHaveLength(1);
  expect(reader.fallBacks[0]).toMatchObject({
    code: 'SALESFORCE_POSITION_INVALID',
    message: expect.stringContaining(part),
  });
  expect(reader.troubles).toEqual([]);
});

test('a position that is none of this transport is fallen back from too', async () => {
  const { publish, read, pubsub } = await setUp();
  publish(1);
  const reader = await read({ start: () => ({ from: 'after', cursor: 'not base64url!' }) });
  await reader.count(1);
  expect(reader.fallBacks).toHaveLength(1);
  expect(pubsub.counters.subscribes).toBe(1);
});

test('a position that turns invalid while it runs is fallen back from', async () => {
  const { reader, org, pubsub, publish, clock } = await reading();
  org.deleteEvents(orders);
  publish(2);
  pubsub.endStreams({ status: 'UNAVAILABLE' });
  await advanceUntil(clock, 500, () => reader.arrivals.length >= 2 && pubsub.counters.streams === 1);
  expect(reader.numbers.at(-1)).toBe(2);
});

test('a refusal to fall back ends the reading', async () => {
  const { read, org, pubsub, clock, publish } = await setUp();
  publish(1);
  const refusal = salesforceError('SALESFORCE_POSITION_INVALID', 'The policy is "fail".');
  const reader = await read({ ...fromEarliest, fallBack: () => refusal });
  await reader.count(1);
  org.deleteEvents(orders);
  pubsub.endStreams({ status: 'UNAVAILABLE' });
  await advanceUntil(clock, 500, () => reader.fallBacks.length === 1);
  await expect(reader.ended).rejects.toBe(refusal);
});

test('a server that finds fault with the position whatever it is, is not stormed', async () => {
  const { pubsub, clock, publish, read } = await setUp();
  publish(1);
  pubsub.refuseNext('Subscribe', refusals.corrupted, 3);
  const reader = await read(fromEarliest);
  await until(() => reader.troubles.length === 1);
  expect(reader.fallBacks).toEqual([]);
  await advanceUntil(clock, 500, () => reader.arrivals.length === 1);
});

test.each([
  ['denied', 'SALESFORCE_CHANNEL_DENIED'],
  ['topic', 'SALESFORCE_CHANNEL_MISSING'],
] as const)(
  'a channel that may no longer be read (%s) is suspended, reported and tried again',
  async (name, code) => {
    const { reader, pubsub, publish, clock } = await reading();
    pubsub.refuseNext('Subscribe', refusals[name]);
    pubsub.endStreams(refusals[name]);
    await until(() => reader.troubles.length === 1);
    expect(reader.troubles[0]).toMatchObject({ code });
    expect(reader.session.details().channels[orders]?.state).toBe('suspended');
    await clock.advance(15_000);
    await until(() => reader.troubles.length === 2);
    await clock.advance(29_000);
    expect(pubsub.counters.subscribes).toBe(2);
    await clock.advance(1_000);
    publish(2);
    await reader.count(2);
    expect(reader.session.details().channels[orders]).toEqual({ state: 'subscribed' });
  },
);

test('after so many tries a suspended channel counts as failed, and is still tried', async () => {
  const { publish, read, pubsub, clock } = await setUp();
  publish(1);
  const reader = await read({ ...fromEarliest, options: { subscribeRetry: { attempts: 2 } } });
  await reader.count(1);
  pubsub.refuseNext('Subscribe', refusals.denied, 3);
  pubsub.endStreams(refusals.denied);
  await advanceUntil(clock, 1_000, () => reader.troubles.length === 3);
  expect(reader.session.details().channels[orders]?.state).toBe('failed');
  publish(2);
  await advanceUntil(clock, 1_000, () => reader.arrivals.length === 2);
});

test('one suspended channel leaves the others alone', async () => {
  const other = '/event/Other__e';
  const { org, publish, read, pubsub } = await setUp({ channels: { [orders]: {}, [other]: {} } });
  const reader = await read({ channels: [orders] });
  await until(() => pubsub.counters.requested > 0);
  pubsub.deny(other);
  reader.subscriptions.add(other);
  await until(() => reader.troubles.length === 1);
  publish(1);
  await reader.count(1);
  expect(reader.session.details()).toMatchObject({
    state: 'recovering',
    waiting: 0,
    channels: { [orders]: { state: 'subscribed' }, [other]: { state: 'suspended' } },
  });
  expect(org.counters.logins).toBe(1);
});

test('a schema that can not be had for now holds the event back, and loses none', async () => {
  const { publish, read, pubsub, clock } = await setUp();
  pubsub.refuseNext('GetSchema', refusals.unavailable, 2);
  publish(1, 2);
  const reader = await read(fromEarliest);
  await advanceUntil(clock, 500, () => reader.arrivals.length === 2);
  expect(reader.numbers).toEqual([1, 2]);
  expect(reader.arrivals.every(({ failure }) => failure === undefined)).toBe(true);
  expect(reader.troubles[0]).toMatchObject({ code: 'SALESFORCE_BUSY' });
});

test('a stream that has died without a word is given up after 280 seconds', async () => {
  const { reader, pubsub, publish, clock } = await reading();
  pubsub.mute(true);
  publish(2);
  await clock.advance(279_000);
  expect(reader.troubles).toEqual([]);
  await clock.advance(1_000);
  await until(() => reader.troubles.length === 1);
  expect(reader.troubles[0]).toMatchObject({
    code: 'SALESFORCE_CONNECTION_LOST',
    cause: { message: expect.stringContaining('280 seconds') },
  });
  await advanceUntil(clock, 500, () => reader.arrivals.length === 2);
  expect(reader.numbers).toEqual([1, 2]);
});

test('a connection that is reset is made again', async () => {
  const { publish, read, pubsub, clock } = await setUp();
  const proxy = await tcpProxy({ target: { port: pubsub.port } });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  publish(1);
  const reader = await read({ ...fromEarliest, pubsub: { endpoint: `127.0.0.1:${proxy.port}` } });
  await reader.count(1);
  for (const round of [2, 3]) {
    proxy.reset();
    publish(round);
    await advanceUntil(clock, 500, () => reader.arrivals.length === round);
  }
  expect(reader.numbers).toEqual([1, 2, 3]);
});

test('fails after connectionTimeout without an answer', async () => {
  const { publish, read, pubsub, clock } = await setUp();
  publish(1);
  const reader = await read({ ...fromEarliest, options: { connectionTimeout: 120_000 } });
  await reader.count(1);
  pubsub.refuseNext('Subscribe', refusals.unavailable, 1_000);
  pubsub.refuseNext('GetTopic', refusals.unavailable, 1_000);
  pubsub.endStreams(refusals.unavailable);
  await until(() => reader.troubles.length === 1);
  await clock.advance(119_000);
  await clock.advance(1_000);
  await expect(reader.ended).rejects.toMatchObject({
    code: 'SALESFORCE_CONNECTION_LOST',
    message: expect.stringContaining('connectionTimeout'),
  });
});

test('no error shows the access token', async () => {
  const { reader, pubsub } = await reading();
  pubsub.endStreams(refusals.unavailable);
  await until(() => reader.troubles.length === 1);
  const [trouble] = reader.troubles;
  const text = JSON.stringify([trouble?.message, trouble?.cause, String(trouble?.cause)]);
  expect(text).not.toMatch(/00D\w+!/);
  expect(trouble?.message).toContain('rpc id');
});

test('is well again as soon as the server answers, without an event', async () => {
  const { reader, pubsub, clock } = await reading();
  const { fetches } = reader;
  pubsub.endStreams(refusals.unavailable);
  await until(() => reader.troubles.length === 1);
  expect(reader.session.details().state).toBe('recovering');
  expect(reader.fetches).toBe(fetches);
  await clock.advance(500);
  await until(() => reader.session.details().state === 'reading');
  expect(reader.fetches).toBe(fetches + 1);
  expect(pubsub.counters.delivered).toBe(1);
});
