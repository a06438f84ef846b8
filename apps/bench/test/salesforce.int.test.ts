import type { BayeuxClient, EventMessage } from '@millrace/salesforce-streaming/bayeux';
import { createBayeuxClient } from '@millrace/salesforce-streaming/bayeux';
import { expect, onTestFinished, test } from 'vitest';

import { createStopwatch } from '../src/measure/stopwatch.ts';
import { startWorker } from '../src/process/worker.ts';
import { assertPosition, backlogContender, createBacklogs } from '../src/salesforce/backlog-contender.ts';
import { startClient } from '../src/salesforce/client.ts';
import { login } from '../src/salesforce/login.ts';
import type { Org, Trouble } from '../src/salesforce/org.ts';
import { startOrg } from '../src/salesforce/org.ts';
import { recoveryContender } from '../src/salesforce/recovery-contender.ts';

const channel = '/event/Bench__e';

function orgForTest(eventsPerReply = 100): Org {
  const org = startOrg(eventsPerReply);
  onTestFinished(() => org.close());
  return org;
}

test('an org hands out a backlog in replies of so many events, each of some 500 bytes', async () => {
  const org = orgForTest(4);
  const last = await org.ask('fill', channel, 10);
  const { replies } = await pollingClient(org, 3);
  expect(replies.map(({ length }) => length)).toEqual([4, 4, 2]);
  const events = replies.flat();
  expect(events.at(-1)).toMatchObject({
    data: { payload: { Number__c: 9 }, event: { replayId: Number(last) } },
  });
  for (const event of events) {
    expect(JSON.stringify(event).length).toBeGreaterThan(450);
    expect(JSON.stringify(event).length).toBeLessThan(550);
  }
});

test.each<{ trouble: Trouble; failure: object }>([
  { trouble: 'revoked', failure: { kind: 'meta', reason: { code: 401 } } },
  { trouble: 'kicked', failure: { kind: 'disconnected' } },
])(
  'the event after the trouble "$trouble" comes in no reply of the session before',
  async ({ trouble, failure }) => {
    const org = orgForTest();
    await org.ask('fill', channel, 1);
    const { client, replies } = await pollingClient(org, 1);
    const polling = pollUntilFailure(client);
    await org.ask('pollHangs');
    await org.ask('makeTrouble', trouble, channel, 1);
    expect(await polling).toMatchObject({ failure });
    expect(replies.flat()).toHaveLength(1);
  },
);

test('a delay is that from the trouble to the next event', async () => {
  const org = orgForTest();
  const contender = recoveryContender(org, 'bare', 'bare', { trouble: 'kicked', calm: 300 });
  onTestFinished(() => contender.close());
  const trial = await contender.prepare(5);
  const stopwatch = createStopwatch();
  const before = performance.now();
  await trial.run(stopwatch);
  const seconds = (performance.now() - before) / 1_000;
  await trial.finish();
  expect(stopwatch.measured.seconds).toBeGreaterThan(0);
  expect(stopwatch.measured.seconds).toBeLessThan(seconds - 0.3);
  expect(stopwatch.measured.cpu).toBeGreaterThan(0);
});

test('the same backlog is read again and again', async () => {
  const org = orgForTest();
  const backlogs = createBacklogs(org);
  expect(await backlogs.of(30)).toEqual(await backlogs.of(30));
  const contender = backlogContender(org, 'bare', 'bare', backlogs);
  onTestFinished(() => contender.close());
  for (let round = 0; round < 2; round += 1) {
    const trial = await contender.prepare(30);
    const stopwatch = createStopwatch();
    await trial.run(stopwatch);
    await trial.finish();
    expect(stopwatch.measured.cpu).toBeGreaterThan(0);
  }
});

test('a contender that would go on elsewhere has no result', () => {
  expect(() => assertPosition('12', '12')).not.toThrow();
  expect(() => assertPosition('12', '14')).toThrow('It would go on after 12, though the last event is 14.');
});

test.each(['bare', 'millrace', 'cometd', 'faye'] as const)(
  'the process of %s has no result when an event comes twice',
  async (name) => {
    const org = orgForTest();
    await org.ask('fill', channel, 5);
    const client = startClient(name);
    onTestFinished(() => client.close());
    // One that is numbered like one before it.
    await client.ask('read', { org: await org.ask('address'), channel, messages: 5, oneMore: true });
    await org.ask('pollHangs');
    await org.ask('publish', channel, 4);
    await client.ask('next');
    await expect(client.ask('stop')).rejects.toThrow(
      'Of 6 messages 1 were never handled and 1 more than once.',
    );
  },
);

test('who asks a process hears what went wrong in it, and that it ended', async () => {
  const org = orgForTest();
  await expect(org.ask('makeTrouble', 'kicked', '/event/Missing__e', 0)).rejects.toThrow('/event/Missing__e');
  const broken = startWorker<{ read(): void }>(
    new URL('../src/salesforce/client-process.ts', import.meta.url),
    ['nobody'],
  );
  await expect(broken.ask('read')).rejects.toThrow(
    'The process of client-process.ts nobody ended with code 1.',
  );
  await broken.close();
});

async function pollUntilFailure(client: BayeuxClient): Promise<unknown> {
  for (;;) {
    try {
      await client.connect();
    } catch (error) {
      return error;
    }
  }
}

/** A session that has polled so often, with the events of each reply. */
async function pollingClient(org: Org, polls: number) {
  const address = await org.ask('address');
  const token = await login(address);
  const replies: (readonly EventMessage[])[] = [];
  const client = createBayeuxClient({
    endpoint: () => `${address.url}/cometd/66.0`,
    headers: () => ({ authorization: `Bearer ${token}` }),
    onEvents: (events) => void replies.push(events),
  });
  await client.handshake({ ext: { replay: true } });
  await client.subscribe(channel, { ext: { replay: { [channel]: -2 } } });
  for (let poll = 0; poll < polls; poll += 1) await client.connect();
  return { client, replies };
}
