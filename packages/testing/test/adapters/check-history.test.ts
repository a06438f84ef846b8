import type { ConformanceEntry, HistoryFacts } from '@millrace/testing';
import { checkHistory, memoryBroker } from '@millrace/testing';
import { toPosition } from '@millrace/core';
import { describe, expect, test } from 'vitest';

const broker = memoryBroker();
const queue = { capabilities: broker.queue('queue').capabilities, remaining: 0 };
const fifo = { capabilities: broker.queue('fifo', { order: 'perKey' }).capabilities, remaining: 0 };
const log = { capabilities: broker.log('log').capabilities, remaining: undefined };

const keepsNothing: HistoryFacts = {
  ...log,
  capabilities: { ...log.capabilities, position: 'none', replay: 'none' },
};

const who = { consumer: 'billing 1', group: 'billing', at: 0 };
const by = { ...who, session: 1 };
const published = (event: string, key?: string): ConformanceEntry => ({
  at: 0,
  kind: 'published',
  event,
  key,
});
const delivered = (
  event: string,
  more: Partial<ConformanceEntry & { kind: 'delivered' }> = {},
): ConformanceEntry => ({
  ...by,
  kind: 'delivered',
  event,
  channel: '0',
  position: undefined,
  deliveryCount: undefined,
  ...more,
});
const settled = (event: string, outcome: 'done' | 'retry' | 'release' = 'done'): ConformanceEntry => ({
  ...by,
  kind: 'settled',
  event,
  outcome,
});
const started = (event: string): ConformanceEntry => ({ ...who, kind: 'started', event, attempt: 1 });
const ended = (event: string, result: 'done' | 'failed' = 'done'): ConformanceEntry => ({
  ...who,
  kind: 'ended',
  event,
  result,
});
const handled = (event: string) => [delivered(event), started(event), ended(event), settled(event)];
const at = (event: string, position: string) => delivered(event, { position: toPosition(position) });
const marked = (position: string): ConformanceEntry => ({
  ...by,
  kind: 'marked',
  channel: '0',
  position: toPosition(position),
});
const opened = (session: number): ConformanceEntry => ({ ...by, session, kind: 'opened', room: 2 });
const closed: ConformanceEntry = { ...by, kind: 'closed' };
const fault: ConformanceEntry = { at: 0, kind: 'fault', what: 'the broker is made to repeat itself' };

const words = (entries: readonly ConformanceEntry[], facts: HistoryFacts) =>
  checkHistory(entries, facts).map(({ word, events }) => [word, ...events].join(' '));

describe('what is published', () => {
  test('and handled is all right', () => {
    expect(words([published('a'), ...handled('a')], queue)).toEqual([]);
  });

  test('and parked is all right', () => {
    const parked: ConformanceEntry = { ...who, kind: 'parked', event: 'a', reason: 'exhausted' };
    expect(words([published('a'), delivered('a'), ended('a', 'failed'), parked], queue)).toEqual([]);
  });

  test('and nowhere at the end is lost', () => {
    expect(words([published('a'), published('b'), ...handled('a')], queue)).toEqual(['lost b']);
  });

  test('and still at the broker is unsettled', () => {
    expect(words([published('a'), published('b'), ...handled('a')], { ...queue, remaining: 1 })).toEqual([
      'unsettled b',
    ]);
  });

  test('and handled, and still at the broker, is unsettled', () => {
    expect(words([published('a'), ...handled('a')], { ...queue, remaining: 1 })).toEqual(['unsettled a']);
  });
});

describe('what is delivered again', () => {
  test('after it was given back is all right', () => {
    const entries = [published('a'), delivered('a'), settled('a', 'retry'), ...handled('a')];
    expect(words(entries, queue)).toEqual([]);
  });

  test('after its lease has run out is all right', () => {
    const late = { at: 30_000 };
    const entries = [published('a'), delivered('a'), delivered('a', late), ended('a')];
    expect(words(entries, queue)).toEqual([]);
  });

  test('while a consumer has it is duplicated', () => {
    expect(words([published('a'), delivered('a'), ...handled('a')], queue)).toEqual(['duplicated a']);
  });

  test('after it was settled is duplicated, but unsettled where the broker counts on', () => {
    const again = (deliveryCount?: number) => [
      published('a'),
      ...handled('a'),
      delivered('a', { deliveryCount }),
    ];
    expect(words(again(), queue)).toEqual(['duplicated a']);
    expect(words(again(2), queue)).toEqual(['unsettled a']);
  });

  test('because of a fault is all right, as long as it takes effect once', () => {
    const entries = [fault, published('a'), delivered('a'), ...handled('a')];
    expect(words(entries, queue)).toEqual([]);
    expect(words([...entries, ...handled('a')], queue)).toEqual(['duplicated a']);
  });

  test('by a log, to another session, is all right', () => {
    const entries = [published('a'), delivered('a'), closed, delivered('a', { session: 2 }), ended('a')];
    expect(words(entries, log)).toEqual([]);
  });
});

describe('events of a key', () => {
  const keyed = [published('a1', 'a'), published('a2', 'a'), published('b1', 'b')];

  test('one after the other, and another key beside them, are all right', () => {
    expect(words([...keyed, ...handled('b1'), ...handled('a1'), ...handled('a2')], fifo)).toEqual([]);
  });

  test('that overtake are reordered', () => {
    const entries = [
      ...keyed,
      ...handled('b1'),
      delivered('a1'),
      started('a1'),
      ...handled('a2'),
      ended('a1'),
    ];
    expect(words(entries, fifo)).toEqual(['reordered a1 a2']);
  });

  test('need not wait until the one that was given up on is parked', () => {
    const given = [...keyed, ...handled('b1'), delivered('a1'), started('a1'), ended('a1', 'failed')];
    const parked: ConformanceEntry = { ...who, kind: 'parked', event: 'a1', reason: 'exhausted' };
    expect(words([...given, ...handled('a2'), parked], fifo)).toEqual([]);
    const again = [...given, ...handled('a2'), started('a1'), ended('a1', 'failed'), parked];
    expect(words(again, fifo)).toEqual(['reordered a1 a2']);
  });

  test('may overtake where no order is promised', () => {
    expect(words([...keyed, ...handled('b1'), ...handled('a2'), ...handled('a1')], queue)).toEqual([]);
  });
});

describe('a marker', () => {
  const two = [published('a'), published('b'), at('a', 'x'), at('b', 'y')];

  test('behind what is unsettled is all right', () => {
    expect(words([...two, ended('a'), marked('x'), ended('b'), marked('y')], log)).toEqual([]);
  });

  test('beyond what is unsettled is early', () => {
    expect(words([...two, ended('b'), marked('y'), ended('a')], log)).toEqual(['early marker a']);
  });

  test('that stands for several messages is early until the last of them is settled', () => {
    const entries = [
      published('a'),
      published('b'),
      at('a', 'x'),
      at('b', 'x'),
      ended('a'),
      marked('x'),
      ended('b'),
    ];
    expect(words(entries, log)).toEqual(['early marker b']);
  });

  test('is seen to be early when the next session starts beyond what was not settled', () => {
    const next = delivered('c', { session: 2, position: toPosition('z') });
    const entries = [
      published('a'),
      published('c'),
      at('a', 'x'),
      closed,
      opened(2),
      next,
      ended('c'),
      ended('a'),
    ];
    expect(words(entries, log)).toEqual(['early marker a']);
  });
});

describe('a session', () => {
  test('with as much inside as there is room for is all right', () => {
    expect(words([opened(1), ...['a', 'b', 'c'].flatMap(handled)], queue)).toEqual([]);
  });

  test('with more inside than there is room for is told', () => {
    const entries = [opened(1), delivered('a'), delivered('b'), delivered('c')];
    expect(words(entries, queue)).toEqual(['unsettled a b c']);
  });
});

test('what was left behind is leaked', () => {
  expect(words([{ at: 0, kind: 'leaked', what: 'a timer' }], queue)).toEqual(['leaked']);
});

describe('where the broker keeps nothing', () => {
  const stopping: ConformanceEntry = { ...who, kind: 'stopping' };

  test('what was published before its reader stopped may be gone', () => {
    expect(words([published('a'), stopping], keepsNothing)).toEqual([]);
    expect(words([published('a'), stopping], log)).toEqual(['lost a']);
  });

  test('what is published to a reader and not handled is lost', () => {
    expect(words([stopping, published('a')], keepsNothing)).toEqual(['lost a']);
  });

  test('every session gets everything, once', () => {
    const other = { consumer: 'billing 2' };
    expect(words([published('a'), ...handled('a'), delivered('a', other)], keepsNothing)).toEqual([]);
    expect(words([published('a'), ...handled('a'), delivered('a')], keepsNothing)).toEqual(['duplicated a']);
  });
});
