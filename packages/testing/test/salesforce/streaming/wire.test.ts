import { request } from 'node:http';
import { expect, test, vi } from 'vitest';
import { manualClock } from '../../../src/manual-clock.ts';
import { salesforceEmulator } from '../../../src/salesforce.ts';
import { channel, eventsOf, rawClient, startOrg } from '../support/raw-client.ts';

const text = 'Grüße aus 東京 🚀 '.repeat(200);

test('chunks end anywhere, in the middle of characters too', async () => {
  const org = await startOrg({ chunkBytes: 7, eventsInSubscribeReply: true });
  const client = await (await rawClient(org)).start();
  org.publish(channel, { Note__c: text });
  const chunks: Buffer[] = [];

  await new Promise<void>((resolve) => {
    const cookie = [...client.cookies].map((pair) => pair.join('=')).join('; ');
    const headers = { authorization: `Bearer ${client.token}`, cookie };
    const outgoing = request(`${org.url}/cometd/66.0`, { method: 'POST', headers }, (response) => {
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', resolve);
    });
    outgoing.end(
      JSON.stringify([
        client.meta('subscribe', { subscription: channel, ext: { replay: { [channel]: -2 } } }),
      ]),
    );
  });

  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(7);
  expect(chunks.some((chunk) => chunk.toString().includes('\ufffd'))).toBe(true);
  const messages = JSON.parse(Buffer.concat(chunks).toString()) as {
    data?: { payload: { Note__c: string } };
  }[];
  expect(messages[1]?.data?.payload.Note__c).toBe(text);
});

test('compresses for those who accept it', async () => {
  const org = await startOrg({ gzip: true });
  const client = await rawClient(org);
  const { headers, messages } = await client.handshake();
  expect(headers.get('content-encoding')).toBe('gzip');
  expect(messages[0]).toMatchObject({ successful: true });

  const plain = await client.postText(
    JSON.stringify([client.meta('connect', { connectionType: 'long-polling' })]),
    { 'accept-encoding': 'identity' },
  );
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(plain.messages[0]).toMatchObject({ successful: true });
});

test('a reply can have several megabytes', async () => {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();
  await client.subscribe(channel);
  for (let number = 0; number < 5; number += 1) org.publish(channel, { Note__c: 'ü'.repeat(500_000) });

  const answer = await client.connect();

  expect(Buffer.byteLength(answer.text)).toBeGreaterThan(5_000_000);
  expect(eventsOf(answer)).toHaveLength(5);
});

test('the date of a reply is that of the org', async () => {
  const org = await startOrg({ clock: manualClock(Date.UTC(2030, 1, 3)) });

  const { headers } = await (await rawClient(org)).handshake();

  expect(headers.get('date')).toBe('Sun, 03 Feb 2030 00:00:00 GMT');
});

test('what the org itself gets wrong is said to be so', async () => {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();
  await client.subscribe(channel);
  org.publish(channel, { Deep__c: { number: 1n } });

  expect(await client.connect()).toMatchObject({
    status: 500,
    text: expect.stringMatching(/^The emulated org failed: .*BigInt/),
  });
});

test('closing ends polls that hang', async () => {
  const org = await salesforceEmulator({ channels: { [channel]: {} } });
  const client = await (await rawClient(org)).start();
  const poll = client.connect().then(
    () => 'answered',
    () => 'cut',
  );
  await vi.waitFor(() => expect(org.counters.polls).toBe(1));

  await org.close();
  await org.close();

  expect(['answered', 'cut']).toContain(await poll);
  expect(org.counters).toMatchObject({ sessions: 0, polls: 0 });
  await expect(fetch(org.url)).rejects.toThrow('fetch failed');
});

test('rejects when the port is taken', async () => {
  const org = await startOrg();
  await expect(salesforceEmulator({ port: Number(new URL(org.url).port) })).rejects.toThrow('EADDRINUSE');
});

test.each([
  [{ timeScale: 0 }, 'timeScale'],
  [{ appServers: 0 }, 'appServers'],
  [{ chunkBytes: -1 }, 'chunkBytes'],
  [{ eventsPerReply: 0 }, 'eventsPerReply'],
  [{ channels: { nonsense: {} } }, 'nonsense'],
])('refuses the options %o', async (options, message) => {
  await expect(salesforceEmulator(options)).rejects.toThrow(message);
});
