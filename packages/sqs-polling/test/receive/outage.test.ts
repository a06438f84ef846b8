import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '@millrace/testing';
import { createOutage } from '../../src/receive/outage.ts';
import { useEmulator } from '../support/emulator.ts';
import type { Reading } from '../support/reading.ts';
import { read } from '../support/reading.ts';
import { sourceContext } from '../support/source-context.ts';
import { cut, fail } from '../support/sqs-double.ts';
import { until } from '../support/until.ts';

const emulator = useEmulator();

async function reading(...args: Parameters<typeof read>): Promise<Reading> {
  const opened = await read(...args);
  onTestFinished(() => opened.end());
  return opened;
}

const polls = () => emulator.double.calls.filter(({ action }) => action === 'ReceiveMessage');

describe('delays between failing polls', () => {
  const delaysOf = (kind: 'transient' | 'throttle' | 'config' | 'unexpected', random = () => 0.5) => {
    const outage = createOutage({ clock: manualClock(), random, giveUpAfter: 1 });
    return Array.from({ length: 7 }, () => outage.failed(kind));
  };

  it('double from a second to half a minute', () => {
    expect(delaysOf('transient')).toEqual([750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500]);
    expect(delaysOf('throttle')).toEqual(delaysOf('transient'));
  });

  it('start at five seconds where only a change outside helps', () => {
    expect(delaysOf('config')).toEqual([3_750, 7_500, 15_000, 22_500, 22_500, 22_500, 22_500]);
    expect(delaysOf('unexpected')).toEqual(delaysOf('config'));
  });

  it('are drawn from the upper half', () => {
    expect(delaysOf('transient', () => 0)[0]).toBe(500);
    expect(delaysOf('transient', () => 1)[0]).toBe(1_000);
  });

  it('start again after a success', () => {
    const outage = createOutage({ clock: manualClock(), random: () => 0.5, giveUpAfter: 1 });
    outage.failed('transient');
    outage.failed('transient');
    outage.over();
    expect(outage.failed('transient')).toBe(750);
  });

  it('count the time to giving up from the first failure after a success', async () => {
    const clock = manualClock();
    const outage = createOutage({ clock, random: () => 0.5, giveUpAfter: 1_000 });
    outage.failed('config');
    outage.over();
    await clock.advance(2_000);
    expect(outage.failed('config')).toBe(3_750);
  });

  it('end where only a change outside helps and none came in time; never for network trouble', async () => {
    const clock = manualClock();
    const outage = createOutage({ clock, random: () => 0.5, giveUpAfter: 1_000 });
    expect(outage.failed('config')).toBe(3_750);
    await clock.advance(999);
    expect(outage.failed('config')).toBe(7_500);
    await clock.advance(1);
    expect(outage.failed('transient')).toBe(3_000);
    expect(outage.failed('throttle')).toBe(6_000);
    expect(outage.failed('config')).toBe('give-up');
  });
});

/** Every class of error that a poll can meet while it runs. */
const troubles = [
  [
    'the queue is deleted',
    () => fail('QueueDoesNotExist', { code: 'AWS.SimpleQueueService.NonExistentQueue' }),
    'SQS_QUEUE_MISSING',
  ],
  ['access is denied', () => fail('AccessDeniedException'), 'SQS_ACCESS_DENIED'],
  ['access is denied by status alone', () => fail('Whatever', { status: 403 }), 'SQS_ACCESS_DENIED'],
  ['the token has expired', () => fail('ExpiredToken', { status: 403 }), 'SQS_CREDENTIALS'],
  ['the key is disabled', () => fail('KmsDisabled'), 'SQS_KMS'],
  ['polls are throttled', () => fail('RequestThrottled'), 'SQS_THROTTLED'],
  ['too much is in flight', () => fail('OverLimit'), 'SQS_THROTTLED'],
  ['SQS fails inside', () => fail('InternalError', { status: 500 }), 'SQS_SERVER_FAULT'],
  ['the connection breaks', () => cut, 'SQS_UNREACHABLE'],
  ['SQS says something new', () => fail('SomethingNew'), 'SQS_REQUEST_FAILED'],
] as const;

describe('a running source', () => {
  it.each(troubles)('says so and waits when %s, and goes on after', async (_name, answer, code) => {
    const queue = emulator.queue();
    const clock = manualClock();
    emulator.double.once('ReceiveMessage', answer());
    const { context, ...opened } = await reading(queue.options, { context: sourceContext(clock) });
    await until(() => context.reasons.length === 1);
    expect(context.reasons[0]).toMatchObject({ code });
    expect(context.reasons[0]?.message).toContain('sqs:ReceiveMessage');
    expect(context.reasons[0]?.message).toContain(queue.name);
    expect(context.fetches).toBe(0);

    const delay = /MISSING|DENIED|CREDENTIALS|KMS|FAILED/.test(code) ? 3_750 : 750;
    await clock.advance(delay - 1);
    expect(polls()).toHaveLength(1);
    queue.send('1');
    await clock.advance(1);
    await until(() => opened.batches.length === 1);
    expect(polls().length).toBeGreaterThanOrEqual(2);
    expect(context.reasons).toHaveLength(1);
    expect(context.fetches).toBe(1);
  });

  it('never polls in a hot loop, however long it fails', async () => {
    const queue = emulator.queue();
    const clock = manualClock();
    emulator.double.always('ReceiveMessage', fail('RequestThrottled'));
    const { context } = await reading(queue.options, { context: sourceContext(clock) });
    let total = 0;
    for (const delay of [750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500]) {
      total += 1;
      await until(() => context.reasons.length === total);
      await clock.advance(delay - 1);
      expect(polls()).toHaveLength(total);
      await clock.advance(1);
    }
  });

  it('fails where only a change outside helps and none came for `giveUpAfter`', async () => {
    const queue = emulator.queue();
    const clock = manualClock();
    emulator.double.always('ReceiveMessage', fail('AccessDeniedException'));
    const opened = await reading(
      { ...queue.options, giveUpAfter: 60_000 },
      { context: sourceContext(clock) },
    );
    const { context } = opened;
    let broken: unknown;
    opened.ended.catch((error: unknown) => (broken = error));
    let failures = 0;
    for (const delay of [3_750, 7_500, 15_000, 22_500, 22_500]) {
      failures += 1;
      await until(() => context.reasons.length === failures);
      expect(broken).toBeUndefined();
      await clock.advance(delay);
    }
    await until(() => broken);
    expect(broken).toMatchObject({ code: 'SQS_ACCESS_DENIED' });
    expect(context.reasons.map(({ code }) => code)).toEqual(Array(5).fill('SQS_ACCESS_DENIED'));
    expect(opened.demand.available).toBe(32);
  });

  it('makes one poll at a time while it fails, and gives no place away', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 40; n += 1) queue.send(n);
    const clock = manualClock();
    const opened = await reading(
      { ...queue.options, maxPolls: 4 },
      { room: 100, context: sourceContext(clock) },
    );
    await until(() => opened.messages.length === 40);
    emulator.double.always('ReceiveMessage', fail('InternalError', { status: 500 }));
    await until(async () => {
      await clock.advance(100);
      return opened.context.reasons.length > 0;
    });
    for (const delay of [750, 1_500, 3_000, 6_000]) {
      const before = { polls: polls().length, reasons: opened.context.reasons.length };
      await clock.advance(delay);
      await until(() => opened.context.reasons.length > before.reasons);
      expect(opened.context.reasons).toHaveLength(before.reasons + 1);
      expect(polls()).toHaveLength(before.polls + 1);
    }
    await opened.end();
    expect(opened.demand.available).toBe(60);
  });

  it('does not hammer a server that answers at once with nothing', async () => {
    const queue = emulator.queue();
    const clock = manualClock();
    emulator.double.always('ReceiveMessage', (_call, { response }) => void response.end('{}'));
    const opened = await reading(queue.options, { context: sourceContext(clock) });
    for (let n = 1; n < 4; n += 1) {
      await until(() => opened.context.fetches === n);
      await clock.advance(999);
      expect(polls()).toHaveLength(n);
      await clock.advance(1);
    }
  });

  it('asks once a second by short polling, while there is nothing', async () => {
    const queue = emulator.queue();
    const clock = manualClock();
    const opened = await reading({ ...queue.options, waitTime: 0 }, { context: sourceContext(clock) });
    await until(() => opened.context.fetches === 1);
    queue.send('1');
    await clock.advance(999);
    expect(polls()).toHaveLength(1);
    await clock.advance(1);
    await until(() => opened.messages.length === 1);
    expect(polls()[0]?.input['WaitTimeSeconds']).toBe(0);
  });

  it('asks again with the same attempt id on a FIFO queue, and so gets what a lost answer brought', async () => {
    const queue = emulator.queue({ fifo: true });
    queue.send('"lost"', { messageGroupId: 'a' });
    // The emulator knows no attempt ids. On AWS the same id brings the same answer.
    let lost: { readonly id: unknown; readonly body: string } | undefined;
    emulator.double.once('ReceiveMessage', async ({ input }, { response, pass }) => {
      lost = { id: input['ReceiveRequestAttemptId'], body: (await pass()).body };
      response.destroy();
    });
    emulator.double.once('ReceiveMessage', ({ input }, { response }) => {
      response.end(input['ReceiveRequestAttemptId'] === lost?.id ? lost?.body : '{}');
    });
    const clock = manualClock();
    const opened = await reading(queue.options, { context: sourceContext(clock) });
    await until(() => opened.context.reasons.length === 1);
    await clock.advance(750);
    await until(() => opened.messages.length === 1);
    expect(opened.messages[0]?.data).toBe('lost');
    await until(() => polls().length === 3);
    const [first, second, third] = polls().map(({ input }) => input['ReceiveRequestAttemptId']);
    expect(first).toEqual(expect.stringMatching(/^[\w-]{36}$/));
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('sends no attempt id to a standard queue', async () => {
    const queue = emulator.queue();
    await reading(queue.options);
    await until(() => polls().length === 1);
    expect(polls()[0]?.input).not.toHaveProperty('ReceiveRequestAttemptId');
  });
});
