import { expect, it } from 'vitest';
import type { SentRecord } from '../src/client/port.ts';
import type { Send } from '../src/publisher/outbox.ts';
import { createOutbox } from '../src/publisher/outbox.ts';
import type { Prepared } from '../src/publisher/prepare.ts';
import { numbers } from './support/consume.ts';

function event(id: string, { topic = 'orders', bytes = 1 } = {}): Prepared {
  return { id, topic, bytes, record: { key: null, value: id, headers: [], timestamp: 0, partition: 0 } };
}

const events = (first: number, last: number) => numbers(first, last).map((n) => event(String(n)));

/** An outbox whose batches are written down, and get offsets one after another. */
function scene(fails: (ids: readonly string[]) => boolean = () => false) {
  const batches: (readonly string[])[] = [];
  let offset = 0n;
  const send: Send = async (topic, sent) => {
    const ids = sent.map(({ id }) => id);
    batches.push([topic, ...ids]);
    await new Promise(setImmediate);
    if (fails(ids)) throw new Error(`not ${ids[0]}`);
    return sent.map((): SentRecord => ({ partition: 0, offset: offset++ }));
  };
  return { batches, outbox: createOutbox(send, 100) };
}

const offsetsOf = async (places: Promise<readonly SentRecord[]>) =>
  (await places).map(({ offset }) => Number(offset));

it('what comes in one turn goes together, what comes meanwhile makes the next batch', async () => {
  const { outbox, batches } = scene();
  const first = outbox.add(events(1, 2));
  const second = outbox.add(events(3, 3));
  await new Promise(setImmediate);
  const third = outbox.add(events(4, 4));
  expect(await Promise.all([first, second, third].map(offsetsOf))).toEqual([[0, 1], [2], [3]]);
  expect(batches).toEqual([
    ['orders', '1', '2', '3'],
    ['orders', '4'],
  ]);
});

it('a batch ends at another topic, at so many bytes and at a thousand events, also inside of one call', async () => {
  const { outbox, batches } = scene();
  const topics = ['a', 'b', 'a', 'a'].map((topic, n) => event(String(n), { topic }));
  expect(await offsetsOf(outbox.add(topics))).toEqual([0, 1, 2, 3]);
  expect(batches.splice(0)).toEqual([
    ['a', '0'],
    ['b', '1'],
    ['a', '2', '3'],
  ]);
  const heavy = ['x', 'y', 'z'].map((id) => event(id, { bytes: 50 }));
  expect(await offsetsOf(outbox.add(heavy))).toEqual([4, 5, 6]);
  expect(batches.splice(0)).toEqual([
    ['orders', 'x', 'y'],
    ['orders', 'z'],
  ]);
  const many = numbers(1, 1_001).map((n) => event(String(n), { bytes: 0 }));
  expect(await offsetsOf(outbox.add(many))).toEqual(many.map((_, index) => 7 + index));
  expect(batches.map(({ length }) => length - 1)).toEqual([1_000, 1]);
});

it('calls stay one after another where a batch ends', async () => {
  const { outbox, batches } = scene();
  const first = outbox.add([event('1'), event('2', { topic: 'bills' })]);
  const second = outbox.add([event('3')]);
  expect(await Promise.all([first, second].map(offsetsOf))).toEqual([[0, 1], [2]]);
  expect(batches).toEqual([
    ['orders', '1'],
    ['bills', '2'],
    ['orders', '3'],
  ]);
});

it('a failed batch rejects those who have a part in it, sends no more of theirs, and others go on', async () => {
  const { outbox, batches } = scene((ids) => ids.includes('3'));
  const heavy = (id: string) => event(id, { bytes: 50 });
  const whole = outbox.add([heavy('1'), heavy('2')]);
  const broken = outbox.add([heavy('3'), heavy('4'), heavy('5')]);
  const later = outbox.add([heavy('6')]);
  expect(await offsetsOf(whole)).toEqual([0, 1]);
  await expect(broken).rejects.toThrow('not 3');
  expect(await offsetsOf(later)).toEqual([2]);
  expect(batches).toEqual([
    ['orders', '1', '2'],
    ['orders', '3', '4'],
    ['orders', '6'],
  ]);
  await outbox.idle();
});

it('nothing has no places, and is not sent', async () => {
  const { outbox, batches } = scene();
  expect(await outbox.add([])).toEqual([]);
  await outbox.idle();
  expect(batches).toEqual([]);
});
