import type { Demand, Incoming } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { createInbox } from '../../src/receive/inbox.ts';

function incoming(id: string): Incoming {
  return { id, type: 'Sample', data: null, headers: {}, raw: '' };
}

/** Room that a test hands out. */
function createRoom(free = 0) {
  let available = free;
  const waiting: { readonly max: number; readonly resolve: (count: number) => void }[] = [];
  const tryReserve = (max: number) => {
    const count = Math.min(max, available);
    available -= count;
    return count;
  };
  const demand: Demand = {
    reserve: async (max) => tryReserve(max) || new Promise((resolve) => waiting.push({ max, resolve })),
    tryReserve,
    cancel: (count) => void (available += count),
  };
  return {
    demand,
    get available() {
      return available;
    },
    free(count: number) {
      available += count;
      for (const { max, resolve } of waiting.splice(0)) resolve(tryReserve(max));
    },
    stop() {
      for (const { resolve } of waiting.splice(0)) resolve(0);
    },
  };
}

const ids = (batch: readonly Incoming[] | void) => batch?.map(({ id }) => id);

describe('inbox', () => {
  test('hands over what was offered, in its order, and answers what became of it', async () => {
    const inbox = createInbox({ maxWaiting: 10 });
    const batches = inbox.receive(createRoom(2).demand, new AbortController().signal);
    const [a, b, c] = ['a', 'b', 'c'].map(incoming) as [Incoming, Incoming, Incoming];
    const answers = [a, b, c].map((event) => inbox.offer(event));
    expect(ids((await batches.next()).value)).toEqual(['a', 'b']);
    expect(inbox.pending).toBe(3);
    inbox.settle([
      { incoming: b, outcome: 'dead', cause: 'why' },
      { incoming: a, outcome: 'done' },
    ]);
    expect(await answers[0]).toMatchObject({ outcome: 'done' });
    expect(await answers[1]).toMatchObject({ outcome: 'dead', cause: 'why' });
    expect(inbox.pending).toBe(1);
  });

  test('takes one that comes while somebody receives', async () => {
    const inbox = createInbox({ maxWaiting: 1 });
    const next = inbox.receive(createRoom(1).demand, new AbortController().signal).next();
    void inbox.offer(incoming('late'));
    expect(ids((await next).value)).toEqual(['late']);
  });

  test('has no room for more than may wait beside those that core has', async () => {
    const inbox = createInbox({ maxWaiting: 2 });
    const room = createRoom(1);
    const batches = inbox.receive(room.demand, new AbortController().signal);
    void inbox.offer(incoming('a'));
    await batches.next();
    expect(inbox.offer(incoming('b'))).toBeDefined();
    expect(inbox.offer(incoming('c'))).toBeDefined();
    expect(inbox.offer(incoming('d'))).toBeUndefined();
    const next = batches.next();
    room.free(1);
    expect(ids((await next).value)).toEqual(['b']);
    expect(inbox.offer(incoming('e'))).toBeDefined();
  });

  test('one whose sender is gone is withdrawn, and its room given back', async () => {
    const inbox = createInbox({ maxWaiting: 2 });
    const room = createRoom();
    const batches = inbox.receive(room.demand, new AbortController().signal);
    const next = batches.next();
    const gone = new AbortController();
    const answer = inbox.offer(incoming('a'), gone.signal);
    const other = inbox.offer(incoming('b'));
    gone.abort();
    expect(await answer).toEqual({ outcome: 'release' });
    room.free(2);
    expect(ids((await next).value)).toEqual(['b']);
    expect(room.available).toBe(1);
    expect(other).toBeDefined();
    expect(inbox.offer(incoming('c'), gone.signal)).toBeUndefined();
  });

  test('one that core has taken is not withdrawn', async () => {
    const inbox = createInbox({ maxWaiting: 2 });
    const gone = new AbortController();
    const event = incoming('a');
    const answer = inbox.offer(event, gone.signal);
    await inbox.receive(createRoom(1).demand, new AbortController().signal).next();
    gone.abort();
    inbox.settle([{ incoming: event, outcome: 'done' }]);
    expect(await answer).toMatchObject({ outcome: 'done' });
  });

  test('ends when the intake stops, idle or waiting for room', async () => {
    for (const busy of [false, true]) {
      const inbox = createInbox({ maxWaiting: 2 });
      const room = createRoom();
      const intake = new AbortController();
      const next = inbox.receive(room.demand, intake.signal).next();
      if (busy) void inbox.offer(incoming('a'));
      await Promise.resolve();
      intake.abort();
      room.stop();
      expect((await next).done).toBe(true);
    }
  });

  test('when it closes, everything is answered and nothing more taken', async () => {
    const inbox = createInbox({ maxWaiting: 2 });
    const batches = inbox.receive(createRoom(1).demand, new AbortController().signal);
    const [first, second] = [incoming('a'), incoming('b')];
    const answers = [inbox.offer(first), inbox.offer(second)];
    await batches.next();
    inbox.close();
    for (const answer of answers) expect(await answer).toEqual({ outcome: 'release' });
    expect(inbox.offer(incoming('c'))).toBeUndefined();
    inbox.settle([{ incoming: first, outcome: 'done' }]);
    expect(inbox.pending).toBe(0);
    expect((await batches.next()).done).toBe(true);
  });
});
