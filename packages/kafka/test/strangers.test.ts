import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kafka, kafkajsClient, kafkaPublisher } from '../src/index.ts';
import { freePort } from '../../../scripts/servers/free-port.ts';
import type { RequestHead } from './support/stranger.ts';
import { apiVersions, startStranger, versionsAnswer } from './support/stranger.ts';

const [metadata, produce] = [3, 0];
const unsupportedVersion = 35;

/** Says which versions it speaks, and hangs up on all else. */
function speaks(...ranges: Parameters<typeof versionsAnswer>[1]) {
  return (request: RequestHead, socket: Socket) =>
    void (request.api === apiVersions ? socket.write(versionsAnswer(request, ranges)) : socket.destroy());
}

async function webServer(): Promise<string> {
  const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('at the address of the broker there is', () => {
  it.each<[string, () => Promise<string>, string, RegExp]>([
    ['nobody', async () => `127.0.0.1:${await freePort()}`, 'KAFKA_UNREACHABLE', /ECONNREFUSED/],
    ['a web server', webServer, 'KAFKA_UNREACHABLE', /is no Kafka/],
    [
      'somebody who hangs up',
      () => startStranger((_, socket) => socket.destroy()),
      'KAFKA_UNREACHABLE',
      /is no Kafka/,
    ],
    [
      'somebody who is silent',
      () => startStranger(() => {}),
      'KAFKA_UNREACHABLE',
      /does not answer as Kafka does/,
    ],
    [
      'somebody who talks nonsense',
      () =>
        startStranger((_, socket) => void socket.write(Buffer.from('0000000affffffffffffffffffff', 'hex'))),
      'KAFKA_UNREACHABLE',
      /does not answer as Kafka does/,
    ],
    [
      'a broker that tells no versions',
      () =>
        startStranger(
          (request, socket) => void socket.write(versionsAnswer(request, [], unsupportedVersion)),
        ),
      'KAFKA_UNSUPPORTED',
      /older or newer than what the client speaks/,
    ],
    [
      'a broker without what is needed',
      () => startStranger(speaks([apiVersions, 0, 2])),
      'KAFKA_UNSUPPORTED',
      /older or newer than what the client speaks/,
    ],
    [
      'a broker that speaks later versions only',
      () => startStranger(speaks([apiVersions, 0, 4], [metadata, 90, 99], [produce, 90, 99])),
      'KAFKA_UNREACHABLE',
      /no version of the protocol that the client speaks/,
    ],
  ])('%s: publishing and starting say so', async (_, start, code, message) => {
    const broker = await start();
    const client = kafkajsClient(
      () =>
        new Kafka({
          brokers: [broker],
          logLevel: logLevel.NOTHING,
          connectionTimeout: 300,
          requestTimeout: 300,
          retry: { initialRetryTime: 20, retries: 2 },
        }),
    );
    const publisher = kafkaPublisher({ client, topic: 'orders' });
    onTestFinished(() => publisher.close());
    const expected = { code, message: expect.stringMatching(message) };
    await expect(publisher.publish({ type: 'Placed', data: 1 })).rejects.toMatchObject(expected);
    for (const [verify, told] of [
      ['off', expected],
      ['fail', { ...expected, code: 'VERIFY_FAILED' }],
    ] as const) {
      const consumer = createConsumer({
        name: 'billing',
        sources: [kafka({ client, topics: 'orders', verify })],
        store: memoryStore(),
        log: silentLogger,
      });
      consumer.on('*', () => {});
      await expect(consumer.start()).rejects.toMatchObject(told);
      await consumer.stop({ now: true });
    }
  });
});
