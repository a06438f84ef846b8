import type { Incoming, Settlement } from '@millrace/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allSuccessful, messages } from './support/answers.ts';
import { useEmulator } from './support/emulator.ts';
import { read } from './support/reading.ts';
import type { Answer } from './support/sqs-double.ts';
import { hang } from './support/sqs-double.ts';
import { until } from './support/until.ts';

const emulator = useEmulator();

const release = (incoming: Incoming): Settlement => ({ incoming, outcome: 'release' });
const done = (incoming: Incoming): Settlement => ({ incoming, outcome: 'done' });

describe('a FIFO queue', () => {
  it('brings the messages of a group in order, group by group, with the group as the key', async () => {
    const queue = emulator.queue({ fifo: true });
    for (const [body, group] of [
      ['1', 'a'],
      ['2', 'a'],
      ['3', 'b'],
      ['4', 'a'],
    ] as const) {
      queue.send(body, { messageGroupId: group });
    }
    const opened = await read(queue.options);
    onTestFinished(() => opened.end());
    for (let count = 2; count <= 4; count += 1) {
      await until(() => opened.messages.length >= count);
      await opened.session.settle(opened.messages.map(done));
    }
    const bodies = (key: string) => opened.messages.filter((it) => it.key === key).map(({ raw }) => raw);
    expect(bodies('a')).toEqual(['1', '2', '4']);
    expect(bodies('b')).toEqual(['3']);
    expect(queue.counts()).toEqual({ ready: 0, inFlight: 0 });
  });

  it('keeps the order of answers, whichever poll they come from', async () => {
    const queue = emulator.queue({ fifo: true });
    const group = 'a';
    const ten = Array.from({ length: 10 }, (_, n) => ({ body: `${n}`, group }));
    emulator.double.always('ReceiveMessage', hang);
    emulator.double.once('ReceiveMessage', messages(...ten));
    // Two polls follow a full answer. The one that was made later is answered first.
    let answerLate = () => {};
    emulator.double.once('ReceiveMessage', (call, exchange) => {
      answerLate = () => void messages({ body: '11', group })(call, exchange);
    });
    emulator.double.once('ReceiveMessage', messages({ body: '10', group }));
    const opened = await read({ ...queue.options, maxPolls: 2 });
    onTestFinished(() => opened.end());
    await until(() => opened.messages.length === 11);
    answerLate();
    await until(() => opened.messages.length === 12);
    expect(opened.messages.map(({ raw }) => raw)).toEqual(Array.from({ length: 12 }, (_, n) => `${n}`));
  });

  it('gives back in the order of arrival, one call after the other', async () => {
    const queue = emulator.queue({ fifo: true });
    const made = Array.from({ length: 10 }, (_, n) => ({ body: `${n + 10}`, group: 'a' }));
    const more = Array.from({ length: 5 }, (_, n) => ({ body: `${n + 20}`, group: 'a' }));
    emulator.double.always('ReceiveMessage', hang);
    emulator.double.once('ReceiveMessage', messages(...made));
    emulator.double.once('ReceiveMessage', messages(...more));
    const opened = await read(queue.options);
    onTestFinished(() => opened.end());
    await until(() => opened.messages.length === 15);

    const handles: unknown[] = [];
    let underWay = 0;
    let most = 0;
    const inTurn: Answer = async (call, exchange) => {
      underWay += 1;
      most = Math.max(most, underWay);
      const entries = call.input['Entries'] as { ReceiptHandle: string }[];
      handles.push(...entries.map(({ ReceiptHandle }) => ReceiptHandle));
      // Time for another to join, if it may.
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
      await allSuccessful(call, exchange);
    };
    emulator.double.always('ChangeMessageVisibilityBatch', inTurn);
    expect(await opened.session.settle(opened.messages.toReversed().map(release))).toEqual([]);
    expect(most).toBe(1);
    expect(handles).toEqual([...made, ...more].map(({ body }) => `handle-${body}`));
  });
});

describe('a standard queue', () => {
  it('settles several calls side by side', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 30; n += 1) queue.send(n);
    const opened = await read(queue.options, { room: 100 });
    onTestFinished(() => opened.end());
    await until(() => opened.messages.length === 30);
    let waiting: (() => void)[] = [];
    emulator.double.always('DeleteMessageBatch', (call, exchange) => {
      waiting.push(() => void allSuccessful(call, exchange));
      // Nobody gets an answer before all three have asked.
      if (waiting.length < 3) return;
      for (const answer of waiting) answer();
      waiting = [];
    });
    expect(await opened.session.settle(opened.messages.map(done))).toEqual([]);
  });
});
