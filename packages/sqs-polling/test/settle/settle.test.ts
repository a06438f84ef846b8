import type { Incoming, Settlement } from '@millrace/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '@millrace/testing';
import { useEmulator } from '../support/emulator.ts';
import type { TestQueue } from '../support/emulator.ts';
import type { Reading } from '../support/reading.ts';
import { read } from '../support/reading.ts';
import { sourceContext } from '../support/source-context.ts';
import { change, fail, reply } from '../support/sqs-double.ts';
import { until } from '../support/until.ts';

const emulator = useEmulator();

/** Sends and receives so many messages, and no more after them. */
async function holding(
  count: number,
  {
    queue = emulator.queue(),
    context = sourceContext(),
  }: { queue?: TestQueue; context?: ReturnType<typeof sourceContext> } = {},
): Promise<Reading & { readonly queue: TestQueue }> {
  for (let n = 0; n < count; n += 1) queue.send(n);
  const opened = await read({ ...queue.options, prefetch: 0 }, { room: count, context });
  onTestFinished(() => opened.end());
  await until(() => opened.messages.length === count);
  return Object.assign(Object.create(opened) as Reading, { queue });
}

type Entry = Record<string, unknown>;

/** The entries of the calls of an action, call by call. */
function entries(action: string): Entry[][] {
  return emulator.double.calls
    .filter((call) => call.action === action)
    .map(({ input }) => input['Entries'] as Entry[]);
}

const done = (incoming: Incoming): Settlement => ({ incoming, outcome: 'done' });
const release = (incoming: Incoming): Settlement => ({ incoming, outcome: 'release' });
const retry =
  (delay: number) =>
  (incoming: Incoming): Settlement => ({ incoming, outcome: 'retry', delay, cause: 'why' });
const dead = (incoming: Incoming): Settlement => ({ incoming, outcome: 'dead', cause: 'why' });

const deletes = () => entries('DeleteMessageBatch');
const changes = () => entries('ChangeMessageVisibilityBatch');

describe('settling', () => {
  it('deletes what is done and what is dead, in calls of ten', async () => {
    const { session, messages, queue } = await holding(23);
    expect(await session.settle(messages.map((incoming, n) => (n % 2 ? done : dead)(incoming)))).toEqual([]);
    expect(deletes().map((batch) => batch.length)).toEqual([10, 10, 3]);
    expect(queue.counts()).toEqual({ ready: 0, inFlight: 0 });
  });

  it('takes two calls for ten messages of which some are done and some come again', async () => {
    const { session, messages, queue } = await holding(10);
    await session.settle([
      ...messages.slice(0, 4).map(done),
      ...messages.slice(4, 7).map(release),
      ...messages.slice(7).map(retry(60_000)),
    ]);
    expect(deletes().map((batch) => batch.length)).toEqual([4]);
    expect(changes().map((batch) => batch.length)).toEqual([6]);
    expect(queue.counts()).toEqual({ ready: 3, inFlight: 3 });
  });

  it('makes a message visible after the delay, rounded up to a second', async () => {
    const { session, message } = await holding(4);
    await session.settle([
      retry(0)(message(0)),
      retry(1)(message(1)),
      retry(1_000)(message(2)),
      retry(61_001)(message(3)),
    ]);
    expect(changes()[0]?.map(({ VisibilityTimeout }) => VisibilityTimeout)).toEqual([0, 1, 1, 62]);
  });

  it('delays within the 12 hours from the receive: more is an error at AWS', async () => {
    const clock = manualClock();
    const { session, message } = await holding(1, { context: sourceContext(clock) });
    await session.settle([retry(50_000_000)(message(0))]);
    await clock.advance(40_000_000);
    await session.settle([retry(50_000_000)(message(0))]);
    expect(changes().map(([entry]) => entry?.['VisibilityTimeout'])).toEqual([43_199, 3_199]);
  });

  it('identifies entries by their place: a message delivered twice may be in a batch twice', async () => {
    const queue = emulator.queue();
    emulator.double.once(
      'ReceiveMessage',
      change((output) => {
        const [message] = output['Messages'] as Entry[];
        return { Messages: [message, message] };
      }),
    );
    queue.send(1);
    const opened = await read(queue.options);
    onTestFinished(() => opened.end());
    await until(() => opened.messages.length === 2);
    expect(await opened.session.settle(opened.messages.map(done))).toEqual([]);
    expect(deletes()[0]?.map(({ Id }) => Id)).toEqual(['0', '1']);
  });

  it('with nothing to settle calls nobody', async () => {
    const { session } = await holding(1);
    expect(await session.settle([])).toEqual([]);
    expect(deletes()).toEqual([]);
  });
});

/** An answer in which the entry at a place has failed, and the others succeeded. */
const failing = (place: number, Code: string, Message = Code) =>
  reply({
    Successful: [0, 1, 2].filter((n) => n !== place).map((n) => ({ Id: String(n) })),
    Failed: [{ Id: String(place), Code, Message, SenderFault: true }],
  });

describe('a settlement that fails', () => {
  it.each([
    ['ReceiptHandleIsInvalid', undefined, 'SQS_RECEIPT_STALE', true],
    ['MessageNotInflight', undefined, 'SQS_RECEIPT_STALE', true],
    ['AWS.SimpleQueueService.MessageNotInflight', undefined, 'SQS_RECEIPT_STALE', true],
    [
      'InvalidParameterValue',
      'Value X for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.',
      'SQS_RECEIPT_STALE',
      true,
    ],
    ['InternalError', undefined, 'SQS_SERVER_FAULT', false],
    ['RequestThrottled', undefined, 'SQS_THROTTLED', false],
    ['InvalidParameterValue', 'Value 17 for parameter Colour is invalid.', 'SQS_REQUEST_FAILED', false],
  ])('%s (%s): %s, final %s; the others of the call are settled', async (Code, Message, code, final) => {
    const { session, messages } = await holding(3);
    emulator.double.once('DeleteMessageBatch', failing(1, Code, Message));
    const failures = await session.settle(messages.map(done));
    expect(failures).toEqual([{ incoming: messages[1], final, error: expect.objectContaining({ code }) }]);
    expect(failures?.[0]?.error.message).toContain('sqs:DeleteMessage');
  });

  it('is told of each batch by itself', async () => {
    const { session, messages } = await holding(13);
    emulator.double.once('DeleteMessageBatch', reply({ Successful: [], Failed: [] }));
    const failures = (await session.settle(messages.map(done))) ?? [];
    // Of the first ten nothing was answered at all, which is no success.
    expect(failures.map(({ incoming, final }) => ({ incoming, final }))).toEqual(
      messages.slice(0, 10).map((incoming) => ({ incoming, final: false })),
    );
    await session.settle(failures.map(({ incoming }) => done(incoming)));
  });

  it('with a whole call is told of all its messages, when another got through', async () => {
    const { session, messages, message, queue } = await holding(4);
    emulator.double.once('DeleteMessageBatch', fail('AccessDenied', { status: 403 }));
    const failures = (await session.settle([...messages.slice(0, 3).map(done), release(message(3))])) ?? [];
    expect(failures.map(({ incoming, error, final }) => ({ incoming, code: error.code, final }))).toEqual(
      messages.slice(0, 3).map((incoming) => ({ incoming, code: 'SQS_ACCESS_DENIED', final: false })),
    );
    expect(queue.counts()).toEqual({ ready: 1, inFlight: 3 });
  });

  it('with all calls is a reject', async () => {
    const { session, message } = await holding(2);
    emulator.double.always('DeleteMessageBatch', fail('AccessDenied', { status: 403 }));
    emulator.double.always('ChangeMessageVisibilityBatch', fail('AccessDenied', { status: 403 }));
    await expect(session.settle([done(message(0)), release(message(1))])).rejects.toMatchObject({
      code: 'SQS_ACCESS_DENIED',
      message: expect.stringContaining('Allow sqs:DeleteMessage'),
    });
  });

  it('for a moment only is tried again by the client', async () => {
    const { session, messages, queue } = await holding(1);
    emulator.double.once('DeleteMessageBatch', fail('InternalError', { status: 500 }));
    expect(await session.settle(messages.map(done))).toEqual([]);
    expect(queue.counts()).toEqual({ ready: 0, inFlight: 0 });
  });

  it('for a message of another session is final', async () => {
    const { session, message } = await holding(1);
    const stranger = { ...message(0) };
    expect(await session.settle([done(stranger)])).toEqual([
      { incoming: stranger, final: true, error: expect.objectContaining({ code: 'SQS_RECEIPT_STALE' }) },
    ]);
    expect(await session.extend?.([stranger], 1_000)).toHaveLength(1);
    expect(emulator.double.calls.filter(({ action }) => action !== 'ReceiveMessage')).toHaveLength(1);
  });

  it('because the message was visible again is final, with the real server', async () => {
    const queue = emulator.queue();
    queue.send(1);
    const opened = await read({ ...queue.options, visibilityTimeout: 1_000 });
    onTestFinished(() => opened.end());
    await until(() => opened.messages.length === 2);
    const late = opened.message(0);
    const current = opened.message(1);
    expect(await opened.session.settle([release(late)])).toEqual([
      { incoming: late, final: true, error: expect.objectContaining({ code: 'SQS_RECEIPT_STALE' }) },
    ]);
    expect(await opened.session.settle([done(current)])).toEqual([]);
    expect(queue.counts()).toEqual({ ready: 0, inFlight: 0 });
  });
});

describe('extending', () => {
  it('sets the visibility timeout anew, in calls of ten', async () => {
    const { session, messages } = await holding(12);
    expect(await session.extend?.(messages, 45_500)).toEqual([]);
    expect(changes().map((batch) => batch.length)).toEqual([10, 2]);
    expect(
      changes()
        .flat()
        .every(({ VisibilityTimeout }) => VisibilityTimeout === 46),
    ).toBe(true);
  });

  it('keeps a message away from others, with the real server', async () => {
    const queue = emulator.queue();
    queue.send(1);
    const opened = await read({ ...queue.options, visibilityTimeout: 1_000 });
    onTestFinished(() => opened.end());
    await until(() => opened.messages.length === 1);
    await opened.session.extend?.(opened.messages, 60_000);
    const fetches = opened.context.fetches;
    await until(() => opened.context.fetches === fetches + 2);
    expect(opened.messages).toHaveLength(1);
  });

  it('goes as far as the 12 hours from the receive, and then fails for good', async () => {
    const clock = manualClock();
    const { session, messages } = await holding(1, { context: sourceContext(clock) });
    await clock.advance(43_180_000);
    expect(await session.extend?.(messages, 30_000)).toEqual([]);
    expect(changes()[0]?.[0]?.['VisibilityTimeout']).toBe(19);
    await clock.advance(19_000);
    expect(await session.extend?.(messages, 30_000)).toEqual([
      { incoming: messages[0], final: true, error: expect.objectContaining({ code: 'SQS_LEASE_EXHAUSTED' }) },
    ]);
    expect(changes()).toHaveLength(1);
  });

  it('says which messages are no longer ours', async () => {
    const { session, messages } = await holding(3);
    emulator.double.once('ChangeMessageVisibilityBatch', failing(2, 'MessageNotInflight'));
    expect(await session.extend?.(messages, 30_000)).toEqual([
      { incoming: messages[2], final: true, error: expect.objectContaining({ code: 'SQS_RECEIPT_STALE' }) },
    ]);
  });

  it('fails for good where AWS says that it is beyond the 12 hours', async () => {
    const { session, messages } = await holding(3);
    const words =
      'Value 30 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].';
    emulator.double.once('ChangeMessageVisibilityBatch', failing(0, 'InvalidParameterValue', words));
    expect(await session.extend?.(messages, 30_000)).toEqual([
      { incoming: messages[0], final: true, error: expect.objectContaining({ code: 'SQS_LEASE_EXHAUSTED' }) },
    ]);
  });
});
