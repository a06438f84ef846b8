import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '@millrace/testing';
import { sqs } from '../../src/source.ts';
import { demandOf } from '../support/demand.ts';
import { credentials, region, useEmulator } from '../support/emulator.ts';
import type { Reading } from '../support/reading.ts';
import { read } from '../support/reading.ts';
import { sourceContext } from '../support/source-context.ts';
import { hang } from '../support/sqs-double.ts';
import { until } from '../support/until.ts';

const emulator = useEmulator();

async function reading(...args: Parameters<typeof read>): Promise<Reading> {
  const opened = await read(...args);
  onTestFinished(() => opened.end());
  return opened;
}

const polls = () => emulator.double.calls.filter(({ action }) => action === 'ReceiveMessage');
const longPolls = { waitTime: 20_000 };

describe('when intake stops', () => {
  it('what a poll under way still brings is handed over, and no other poll is made', async () => {
    const queue = emulator.queue();
    const clock = manualClock();
    const opened = await reading({ ...queue.options, ...longPolls }, { context: sourceContext(clock) });
    await until(() => polls().length === 1);
    opened.context.stop();
    await clock.advance(999);
    queue.send('"last"');
    await opened.ended;
    expect(clock.pending).toBe(0);
    expect(opened.messages.map(({ data }) => data)).toEqual(['last']);
    expect(polls()).toHaveLength(1);
    expect(opened.demand.available).toBe(31);
  });

  it('polls that bring nothing are aborted after `drainPoll`, and are no reason to worry', async () => {
    const queue = emulator.queue();
    const opened = await reading({ ...queue.options, ...longPolls, drainPoll: 30 });
    await until(() => polls().length === 1);
    opened.context.stop();
    await opened.ended;
    expect(opened.demand.available).toBe(32);
    expect(opened.context.reasons).toEqual([]);
  });

  it('a message that arrives in an aborted poll is late, not lost', async () => {
    const queue = emulator.queue();
    let askedServer = false;
    emulator.double.once('ReceiveMessage', async (_call, { pass }) => {
      const answer = pass();
      askedServer = true;
      await answer;
    });
    const first = await reading({
      ...queue.options,
      ...longPolls,
      visibilityTimeout: 1_000,
      drainPoll: 100,
    });
    await until(() => askedServer);
    first.context.stop();
    await first.ended;
    // Like SQS, the emulator does not notice that nobody waits any more.
    queue.send('1');
    await until(() => queue.counts().inFlight === 1);
    const second = await reading(queue.options);
    await until(() => second.messages.length === 1);
    expect(second.messages[0]?.deliveryCount).toBe(2);
  });

  it('settling still works, and so does giving back', async () => {
    const queue = emulator.queue();
    queue.send('1');
    queue.send('2');
    const opened = await reading(queue.options);
    await until(() => opened.messages.length === 2);
    opened.context.stop();
    await opened.ended;
    await opened.session.settle([
      { incoming: opened.message(0), outcome: 'done' },
      { incoming: opened.message(1), outcome: 'release' },
    ]);
    expect(queue.counts()).toEqual({ ready: 1, inFlight: 0 });
  });

  it('before it began, nothing is polled', async () => {
    const queue = emulator.queue();
    const context = sourceContext();
    const session = await sqs(queue.options).open(context);
    context.stop();
    for await (const batch of session.receive(demandOf(1))) expect.fail(`Received ${JSON.stringify(batch)}`);
    expect(polls()).toEqual([]);
    await session.close();
  });

  it('while there is no room, it ends all the same', async () => {
    const queue = emulator.queue();
    const opened = await reading(queue.options, { room: 0 });
    opened.context.stop();
    await opened.ended;
    expect(polls()).toEqual([]);
    opened.demand.free(3);
    await new Promise(setImmediate);
    expect(opened.demand.available).toBe(3);
  });

  it('while it gathers room, the room is given back', async () => {
    const queue = emulator.queue();
    const clock = manualClock();
    const opened = await reading(queue.options, { room: 3, context: sourceContext(clock) });
    await until(() => opened.demand.available === 0);
    opened.context.stop();
    await opened.ended;
    expect(opened.demand.available).toBe(3);
    expect(polls()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('while it waits out a failure, it ends at once', async () => {
    const queue = emulator.queue();
    emulator.double.always('ReceiveMessage', (_call, { response }) => void response.writeHead(503).end());
    const clock = manualClock();
    const opened = await reading(queue.options, { context: sourceContext(clock) });
    await until(() => opened.context.reasons.length === 1);
    opened.context.stop();
    await opened.ended;
    expect(opened.demand.available).toBe(32);
    expect(clock.pending).toBe(0);
  });
});

describe('close', () => {
  it('ends a `receive` that is blocked, and may be called twice', async () => {
    const queue = emulator.queue();
    emulator.double.always('ReceiveMessage', hang);
    const opened = await reading({ ...queue.options, ...longPolls });
    await until(() => polls().length === 1);
    await opened.session.close();
    await opened.ended;
    await opened.session.close();
    expect(opened.demand.available).toBe(32);
  });

  it('leaves nothing behind: no socket, no timer', async () => {
    const queue = emulator.queue();
    const resources = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout')
        .length;
    await new Promise(setImmediate);
    const before = resources();
    for (let n = 0; n < 30; n += 1) queue.send('1');
    const clock = manualClock();
    const opened = await reading({ ...queue.options, ...longPolls }, { context: sourceContext(clock) });
    await until(() => opened.messages.length === 30);
    await opened.session.settle(opened.messages.map((incoming) => ({ incoming, outcome: 'done' })));
    expect(resources()).toBeGreaterThan(before);
    opened.context.stop();
    await opened.session.close();
    await opened.ended;
    expect(clock.pending).toBe(0);
    await emulator.double.close();
    await until(() => resources() <= before);
  });

  it('leaves a ready client alone', async () => {
    const queue = emulator.queue();
    const client = new SQSClient({ endpoint: emulator.double.url, region, credentials });
    let destroyed = false;
    const destroy = client.destroy.bind(client);
    client.destroy = () => {
      destroyed = true;
      destroy();
    };
    onTestFinished(() => destroy());
    const opened = await reading({ queue: queue.name, client, waitTime: 1_000 });
    await until(() => polls().length === 1);
    await opened.end();
    expect(destroyed).toBe(false);
    expect((await client.send(new GetQueueUrlCommand({ QueueName: queue.name }))).QueueUrl).toBe(queue.url);
  });

  it('a reader that goes away ends the polls too', async () => {
    const queue = emulator.queue();
    queue.send('1');
    const session = await sqs({ ...queue.options, ...longPolls }).open(sourceContext());
    const demand = demandOf(10);
    for await (const batch of session.receive(demand)) {
      expect(batch).toHaveLength(1);
      break;
    }
    await until(() => demand.available === 9);
    await session.close();
  });

  it('a reader that goes away gets the room of what it has not read', async () => {
    const queue = emulator.queue();
    for (let n = 0; n < 20; n += 1) queue.send(n);
    const context = sourceContext();
    const session = await sqs(queue.options).open(context);
    const demand = demandOf(20);
    for await (const batch of session.receive(demand)) {
      expect(batch).toHaveLength(10);
      await until(() => context.fetches === 2);
      break;
    }
    await until(() => demand.available === 10);
    await session.close();
  });
});
