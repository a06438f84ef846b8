import { describe, expect, it, test } from 'vitest';
import type { Handler } from '../../src/handler.ts';
import type { HandlerContext } from '../../src/handler-context.ts';
import type { Capabilities } from '../../src/source.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

const declines: Handler = (_, context) => context.reject(new Error('card declined'));

/** Two handlers of one event, of which "charge" gives up until it is told to do otherwise. */
async function shop(options: BenchOptions = {}, capabilities: Partial<Capabilities> = {}) {
  const clock = manualClock();
  const source = scriptedSource({ clock, capabilities });
  const set = bench(source, { ...options, clock });
  const charged: HandlerContext[] = [];
  const mailed: string[] = [];
  let charge = declines;
  let mail: Handler = () => {};
  set.consumer.on('Ping', { name: 'charge' }, (message, context) => {
    charged.push(context);
    return charge(message, context);
  });
  set.consumer.on('Ping', { name: 'mail' }, (message, context) => {
    mailed.push(message.id);
    return mail(message, context);
  });
  await set.consumer.start();
  return {
    ...set,
    source,
    charged,
    mailed,
    desk: set.consumer.deadLetters,
    letters: async () => (await set.consumer.deadLetters.list()).letters,
    become(next: Handler) {
      charge = next;
    },
    mailBy(next: Handler) {
      mail = next;
    },
    async comes(replayed = false) {
      source.send({ id: 'a', replayed });
      await set.idle();
    },
  };
}

test('a handler that gave up runs again, one that was done does not, and the letter goes', async () => {
  const { comes, become, charged, mailed, letters, source } = await shop();
  await comes();
  become(() => {});
  await comes(true);
  expect(charged.map(({ attempt }) => attempt)).toEqual([1, 1]);
  expect(mailed).toEqual(['a']);
  expect(await letters()).toEqual([]);
  expect(source.settledAs('done')).toEqual(['a']);
  await comes(true);
  expect(charged).toHaveLength(2);
});

test('a duplicate that is no replay stays suppressed', async () => {
  const { comes, become, charged, letters } = await shop();
  await comes();
  become(() => {});
  await comes();
  expect(charged).toHaveLength(1);
  expect(await letters()).toHaveLength(1);
});

test('one that dies again keeps its letter, and can be replayed as often as it takes', async () => {
  const { comes, become, charged, letters, source } = await shop();
  await comes();
  await comes(true);
  await comes(true);
  expect(charged).toHaveLength(3);
  expect(await letters()).toMatchObject([{ handler: 'charge', redrives: 2, attempts: 3 }]);
  expect(source.settledAs('dead')).toEqual(['a', 'a', 'a']);
  become(() => {});
  await comes(true);
  expect(await letters()).toEqual([]);
});

test('one that was redriven meanwhile is done', async () => {
  const { comes, become, charged, desk, letters } = await shop();
  await comes();
  become(() => {});
  for (const { id } of await letters()) await desk.redrive(id);
  await comes(true);
  expect(charged).toHaveLength(2);
});

test('what the broker gave up on by itself after it was done stays done', async () => {
  const { comes, become, charged, mailed } = await shop();
  become(() => {});
  await comes();
  await comes(true);
  expect([charged.length, mailed.length]).toEqual([1, 1]);
});

test('waits for a dead-letter store that is down', async () => {
  const { comes, become, charged, faults, clock, consumer } = await shop();
  await comes();
  become(() => {});
  faults.deadLetters.condition = 'down';
  await comes(true);
  expect(charged).toHaveLength(1);
  expect(consumer.health().sources['orders']).toMatchObject({ status: 'degraded' });
  faults.deadLetters.condition = 'up';
  await clock.advance(5_000);
  expect(charged).toHaveLength(2);
  expect(consumer.health().sources['orders']).toMatchObject({ status: 'ready' });
});

test('is given back, not started, when the consumer stops while that store is down', async () => {
  const { comes, charged, faults, clock, consumer, source } = await shop();
  await comes();
  faults.deadLetters.condition = 'down';
  await comes(true);
  const stopped = consumer.stop();
  await clock.advance(30_000);
  await stopped;
  expect(charged).toHaveLength(1);
  expect(source.settledAs('release')).toEqual(['a']);
});

test('is done though its letter could not be removed; redriving that runs nothing', async () => {
  const { comes, become, charged, faults, letters, desk, source } = await shop();
  await comes();
  become(() => {});
  faults.deadLetters.only = ['removeMany'];
  faults.deadLetters.condition = 'down';
  await comes(true);
  expect(source.settledAs('done')).toEqual(['a']);
  faults.deadLetters.condition = 'up';
  const [letter] = await letters();
  expect(await desk.redrive(letter?.id ?? '')).toMatchObject({ outcome: 'done' });
  expect(charged).toHaveLength(2);
});

test('without an idempotency store its letter goes as well', async () => {
  const { comes, become, letters } = await shop({ forgetful: true });
  await comes();
  become(() => {});
  await comes(true);
  expect(await letters()).toEqual([]);
});

test('the letter of one that no handler took goes when there is one that does', async () => {
  const { source, idle, letters, store, clock, consumer } = await shop();
  const pong = { id: 'b', type: 'Pong', replayed: true };
  source.send({ ...pong, replayed: false });
  await idle();
  source.send(pong);
  await idle();
  expect(await letters()).toMatchObject([{ reason: 'unhandled', redrives: 1 }]);
  await consumer.stop();

  const later = scriptedSource({ clock });
  const next = bench(later, { clock, store });
  const handled: string[] = [];
  next.consumer.on('Pong', { name: 'pong' }, ({ id }) => void handled.push(id));
  await next.consumer.start();
  later.send(pong);
  await next.idle();
  expect(handled).toEqual(['b']);
  expect(await letters()).toEqual([]);
});

describe('a broker that keeps what is dead', () => {
  const inTurn: Partial<Capabilities> = { parks: true, order: 'perKey', redelivery: 'immediate' };

  it('is told so of a duplicate, for it may not have heard; nothing runs, and the letter stays as it was', async () => {
    const { comes, charged, mailed, letters, source } = await shop({}, { parks: true });
    await comes();
    const before = await letters();
    await comes();
    expect([charged.length, mailed.length]).toEqual([1, 1]);
    expect(source.settledAs('dead')).toEqual(['a', 'a']);
    expect(source.settlements.at(-1)).toMatchObject({ cause: { message: 'card declined' } });
    expect(await letters()).toEqual(before);
  });

  it('is told so when one handler gave up and another succeeds later', async () => {
    const { comes, mailBy, clock, mailed, source, idle } = await shop({}, { parks: true });
    mailBy(() => {
      throw new Error('the mail server is down');
    });
    await comes();
    expect(source.settlements).toMatchObject([{ outcome: 'retry' }]);
    mailBy(() => {});
    await clock.advance(60_000);
    await idle();
    expect(mailed).toEqual(['a', 'a']);
    expect(source.settledAs('dead')).toEqual(['a']);
    expect(source.settledAs('done')).toEqual([]);
  });

  it('is told that a duplicate is done which was, and one that was redriven', async () => {
    const { comes, become, desk, letters, source } = await shop({}, { parks: true });
    await comes();
    become(() => {});
    for (const { id } of await letters()) await desk.redrive(id);
    await comes();
    expect(source.settlements.map(({ outcome }) => outcome)).toEqual(['dead', 'done']);
  });

  it('is told that what it replays is done, though the letter could not be removed the first time', async () => {
    const { comes, become, faults, source } = await shop({}, { parks: true });
    await comes();
    become(() => {});
    faults.deadLetters.only = ['removeMany'];
    faults.deadLetters.condition = 'down';
    await comes(true);
    await comes(true);
    expect(source.settlements.map(({ outcome }) => outcome)).toEqual(['dead', 'done', 'done']);
  });

  it('is told nothing until the dead letters can be read', async () => {
    const { comes, faults, clock, source } = await shop({}, { parks: true });
    await comes();
    faults.deadLetters.condition = 'down';
    await comes();
    expect(source.settlements).toHaveLength(1);
    faults.deadLetters.condition = 'up';
    await clock.advance(5_000);
    expect(source.settledAs('dead')).toEqual(['a', 'a']);
  });

  it('gets a duplicate back that waited for its turn until it could not be told any more', async () => {
    const { source, idle, faults, clock, consumer } = await shop({}, inTurn);
    faults.deadLetters.only = ['get'];
    faults.deadLetters.condition = 'down';
    source.send({ id: 'a', key: 'k' }, { id: 'a', key: 'k' });
    await idle();
    await clock.advance(1_000);
    expect(source.settlements.map(({ outcome }) => outcome)).toEqual(['dead']);
    const stopped = consumer.stop();
    await clock.advance(30_000);
    await stopped;
    expect(source.settlements.map(({ outcome }) => outcome)).toEqual(['dead', 'release']);
  });

  it('gets a duplicate back when the consumer stops while they can not be read', async () => {
    const { comes, faults, clock, consumer, source } = await shop({}, { parks: true });
    await comes();
    faults.deadLetters.condition = 'down';
    await comes();
    const stopped = consumer.stop();
    await clock.advance(30_000);
    await stopped;
    expect(source.settlements.map(({ outcome }) => outcome)).toEqual(['dead', 'release']);
  });
});
