import { randomUUID } from 'node:crypto';
import type { Consumer, Message, Store } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { clientCredentials, salesforce, salesforcePublisher } from '../../src/index.ts';
import type { LiveOrg } from './support/live-org.ts';
import { howToRunLive, liveOrgFrom } from './support/live-org.ts';

const emulator = await salesforceEmulator({ channels: { '/event/Smoke__e': {} } });
afterAll(() => emulator.close());
const emulated: LiveOrg = {
  loginUrl: emulator.url,
  clientId: emulator.credentials.clientId,
  clientSecret: emulator.credentials.clientSecret,
  event: 'Smoke__e',
  field: 'Text__c',
};
const live = liveOrgFrom(process.env);
if (live === undefined) console.log(howToRunLive);

interface Run {
  readonly name: string;
  readonly org: LiveOrg;
  readonly transport: 'bayeux' | 'pubsub';
}

/** What is run with a live org is run with the emulated one as well, so that it is known to work. */
const runs: readonly Run[] = [
  { name: 'the emulated org by bayeux', org: emulated, transport: 'bayeux' },
  ...(live
    ? ([
        { name: 'the live org by bayeux', org: live, transport: 'bayeux' },
        { name: 'the live org by pubsub', org: live, transport: 'pubsub' },
      ] as const)
    : []),
];

describe.each(runs)('$name', ({ org: { loginUrl, clientId, clientSecret, event, field }, transport }) => {
  const auth = () => clientCredentials({ loginUrl, clientId, clientSecret });
  const channel = `/event/${event}`;

  /** Starts a consumer that hands on the events of this run. */
  async function consume(
    run: string,
    store: Store,
  ): Promise<{ consumer: Consumer; next: () => Promise<Message> }> {
    const seen: Message[] = [];
    let wake: () => void = () => {};
    const source = salesforce({ auth: auth(), channels: [channel], transport });
    const consumer = createConsumer({ name: 'smoke', sources: [source], store, log: silentLogger });
    consumer.on(event, (message) => {
      const text = (message.data as Readonly<Record<string, unknown>>)[field];
      if (typeof text !== 'string' || !text.startsWith(run)) return;
      seen.push(message);
      wake();
    });
    await consumer.start();
    onTestFinished(() => consumer.stop());
    return {
      consumer,
      async next() {
        for (;;) {
          const message = seen.shift();
          if (message) return message;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    };
  }

  test('publishes and consumes in order, and goes on after a restart where it stopped', async () => {
    const run = randomUUID();
    const store = memoryStore();
    const publisher = salesforcePublisher({ auth: auth() });
    onTestFinished(() => publisher.close());
    const publish = async (text: string) =>
      (await publisher.publish({ type: event, data: { [field]: `${run} ${text}` } })).eventUuid;

    const first = await consume(run, store);
    const uuids = [await publish('one'), await publish('Zürich, 東京, 🌊')];
    const messages = [await first.next(), await first.next()];
    expect(messages.map(({ id }) => id)).toEqual(uuids);
    expect(messages.map(({ data }) => (data as Readonly<Record<string, unknown>>)[field])).toEqual([
      `${run} one`,
      `${run} Zürich, 東京, 🌊`,
    ]);
    expect(messages[0]).toMatchObject({ type: event, channel, time: expect.any(Date) as Date });
    await first.consumer.stop();

    const missed = await publish('while nobody listened');
    const second = await consume(run, store);
    expect((await second.next()).id).toBe(missed);
    await second.consumer.stop();
  });
});

describe('the variables of a live org', () => {
  const all = {
    MILLRACE_SALESFORCE_LOGIN_URL: 'https://acme.my.salesforce.com',
    MILLRACE_SALESFORCE_CLIENT_ID: 'id',
    MILLRACE_SALESFORCE_CLIENT_SECRET: 'secret',
    MILLRACE_SALESFORCE_EVENT: 'Smoke__e',
    MILLRACE_SALESFORCE_FIELD: 'Text__c',
  };

  test('are all set, or none', () => {
    expect(liveOrgFrom({})).toBeUndefined();
    expect(liveOrgFrom(all)).toMatchObject({ loginUrl: 'https://acme.my.salesforce.com', field: 'Text__c' });
    expect(() => liveOrgFrom({ ...all, MILLRACE_SALESFORCE_CLIENT_SECRET: '' })).toThrow(
      'To test with an org, set MILLRACE_SALESFORCE_CLIENT_SECRET as well.',
    );
  });
});
