import { createRequire } from 'node:module';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readSubscription } from '../../src/catch-up/subscription-reader.ts';
import type { RecordedEvent, Subscription } from '../../src/client.ts';
import type { Cursor } from '../../src/cursor.ts';

/** The client's own class, so that it parses and buffers as it does for users. */
const { Subscription: ClientSubscription } = createRequire(import.meta.url)(
  '@kurrent/kurrentdb-client/dist/streams/utils/Subscription.js',
) as {
  Subscription: new (
    createStream: () => Promise<PassThrough>,
    convert: (event: unknown) => unknown,
    options: object,
    onCheckpoint: (
      subscription: unknown,
      position: { readonly commit: bigint; readonly prepare: bigint },
    ) => void,
  ) => Subscription;
};

const event = (number: number) => ({ hasEvent: () => true, getEvent: () => number });
const checkpoint = (number: number) => ({
  hasCheckpoint: () => true,
  getCheckpoint: () => ({
    getCommitPosition: () => String(number),
    getPreparePosition: () => String(number),
  }),
});
const caughtUp = (number: number) => ({
  hasCaughtUp: () => true,
  getCaughtUp: () => ({
    hasTimestamp: () => true,
    getTimestamp: () => ({ toDate: () => new Date(0) }),
    hasStreamRevision: () => true,
    getStreamRevision: () => String(number),
  }),
});

function open() {
  const server = new PassThrough({ objectMode: true, highWaterMark: 1_000 });
  const onCall = Object.assign(server, { cancel: () => void server.destroy() });
  const reader = readSubscription(
    (onCheckpoint) =>
      new ClientSubscription(
        async () => onCall,
        (number) => ({ event: { revision: BigInt(Number(number)) } as RecordedEvent }),
        {},
        (_subscription, position) => onCheckpoint({ kind: 'position', after: position }),
      ),
  );
  return { server, reader };
}

function numberOf(cursor: Cursor | undefined): number {
  const after = cursor?.after;
  return Number(typeof after === 'object' ? after.commit : after);
}

/** Repeatable: 32 bits of a linear congruence. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('positions that the server tells', () => {
  it('are passed only when all events before are taken, however they come and are taken', async () => {
    let positions = 0;
    let ahead = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = randomOf(seed);
      const { server, reader } = open();
      let sent = 0;
      let read = 0;
      let last = 0;
      let told = 0;
      while (read < 120) {
        for (let count = Math.floor(random() * 30); count > 0 && sent < 120; count -= 1) {
          server.write(event((sent += 1)));
          if (random() < 0.3) {
            server.write(random() < 0.5 ? checkpoint(sent) : caughtUp(sent));
            last = sent;
          }
        }
        if (random() < 0.5) void reader.buffered;
        for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) await setImmediate();
        for (const { event: taken } of reader.take(1 + Math.floor(random() * 12))) {
          read += 1;
          expect(Number(taken?.revision)).toBe(read);
        }
        const passing = reader.passed();
        if (passing === undefined) continue;
        positions += 1;
        told = numberOf(passing.cursor);
        if (numberOf(passing.cursor) > read) ahead += 1;
      }
      for (let turn = 0; turn < 20; turn += 1) await setImmediate();
      const end = reader.passed();
      told = end ? numberOf(end.cursor) : told;
      expect(told).toBe(last);
      await reader.stop();
    }
    expect(positions).toBeGreaterThan(500);
    expect(ahead).toBe(0);
  });

  it('come between the events, and no batch goes past one', async () => {
    const { server, reader } = open();
    for (const message of [event(1), event(2), checkpoint(2), event(3), caughtUp(3)]) server.write(message);
    while (reader.buffered < 3) await setImmediate();
    expect(reader.passed()).toBeUndefined();
    expect(reader.take(10)).toHaveLength(2);
    expect(reader.passed()).toEqual({
      cursor: { kind: 'position', after: { commit: 2n, prepare: 2n } },
      live: false,
    });
    expect(reader.passed()).toBeUndefined();
    expect(reader.take(10)).toHaveLength(1);
    expect(reader.passed()).toEqual({ cursor: { kind: 'revision', after: 3n }, live: true });
    await reader.stop();
  });
});

describe('the end of a subscription', () => {
  it('leaves the last events to be taken, and has no error where the server ended it', async () => {
    const { server, reader } = open();
    server.write(event(1));
    server.end();
    while (reader.buffered < 1) await setImmediate();
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    expect(reader.buffered).toBe(1);
    expect(reader.take(5)).toHaveLength(1);
    while (reader.buffered > 0 || !reader.ended) await setImmediate();
    expect(reader.ended).toEqual({});
  });

  it('keeps the first error, and survives a second', async () => {
    const { server, reader } = open();
    await setImmediate();
    server.emit('error', Object.assign(new Error('gone'), { code: 14 }));
    server.emit('error', Object.assign(new Error('again'), { code: 14 }));
    expect(reader.ended?.error).toMatchObject({ message: 'gone' });
    await reader.stop();
  });
});

it('takes no more out of the connection than is asked for', async () => {
  const { server, reader } = open();
  for (let number = 1; number <= 900; number += 1) server.write(event(number));
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
  void reader.buffered;
  // The client keeps 16 on either side of its parser, and one is held.
  expect(server.readableLength + server.writableLength).toBeGreaterThan(850);
  await reader.stop();
});
