import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { SQSClient } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { manualClock } from '@millrace/testing';
import { sqs } from '../../src/source.ts';
import { credentials, region, useEmulator } from '../support/emulator.ts';
import { read } from '../support/reading.ts';
import { sourceContext } from '../support/source-context.ts';
import { hang } from '../support/sqs-double.ts';
import { until } from '../support/until.ts';

const emulator = useEmulator();

/** Accepts connections and what is sent, and never says a word: what a dead peer behind a load balancer looks like. */
let blackHole: { readonly server: Server; readonly sockets: Set<Socket>; readonly url: string };

beforeEach(async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  blackHole = { server, sockets, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
});

function clientFor(endpoint: string): SQSClient {
  const client = new SQSClient({ endpoint, region, credentials, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  return client;
}

describe('a connection without answers', () => {
  it("ends with the client's read timeout, is reported, and another poll is made", async () => {
    const queue = emulator.queue();
    emulator.double.once('ReceiveMessage', hang);
    // Time stands still, so that our own watchdog can not be first.
    const clock = manualClock();
    const opened = await read({ ...queue.options, readTimeout: 200 }, { context: sourceContext(clock) });
    onTestFinished(() => opened.end());
    await until(() => opened.context.reasons.length === 1);
    expect(opened.context.reasons[0]).toMatchObject({
      code: 'SQS_UNREACHABLE',
      cause: { name: 'TimeoutError', code: 'ETIMEDOUT' },
    });
    queue.send('1');
    await clock.advance(1_000);
    await until(() => opened.messages.length === 1);
    expect(opened.context.reasons).toHaveLength(1);
  });

  it('ends with our own watchdog when the client has no timeout', async () => {
    const queue = emulator.queue();
    const opened = await read({
      queue: queue.name,
      client: clientFor(emulator.double.url),
      receiveClient: clientFor(blackHole.url),
      waitTime: 1_000,
      readTimeout: 100,
    });
    onTestFinished(() => opened.end());
    await until(() => opened.context.reasons.length === 2);
    expect(opened.context.reasons[0]).toMatchObject({
      code: 'SQS_UNREACHABLE',
      cause: { name: 'TimeoutError', message: 'No answer to a poll in time' },
    });
    // The sockets of polls that were given up are closed.
    await until(() => blackHole.sockets.size <= 1);
    await opened.end();
    await until(() => blackHole.sockets.size === 0);
  });

  it('ends with our own watchdog when the answer begins and never ends', async () => {
    const queue = emulator.queue();
    emulator.double.once('ReceiveMessage', (_call, { response }) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.write('{"Messages":[');
    });
    const clock = manualClock();
    const opened = await read(queue.options, { context: sourceContext(clock) });
    onTestFinished(() => opened.end());
    await until(() => emulator.double.calls.some(({ action }) => action === 'ReceiveMessage'));
    await clock.advance(10_999);
    expect(opened.context.reasons).toEqual([]);
    await clock.advance(1);
    await until(() => opened.context.reasons.length === 1);
    expect(opened.context.reasons[0]).toMatchObject({ code: 'SQS_UNREACHABLE' });
  });

  it('ends with our own watchdog when it is the credentials that never come', async () => {
    const queue = emulator.queue();
    const receiveClient = new SQSClient({
      endpoint: emulator.double.url,
      region,
      credentials: () => new Promise(() => {}),
    });
    const clock = manualClock();
    const opened = await read({ ...queue.options, receiveClient }, { context: sourceContext(clock) });
    onTestFinished(() => opened.end());
    await clock.advance(11_000);
    await until(() => opened.context.reasons.length === 1);
    expect(opened.context.reasons[0]).toMatchObject({ code: 'SQS_UNREACHABLE' });
  });

  it('does not keep the source from opening for ever', async () => {
    const client = new SQSClient({
      endpoint: blackHole.url,
      region,
      credentials,
      maxAttempts: 1,
      requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true },
    });
    onTestFinished(() => client.destroy());
    await expect(sqs({ queue: 'orders', client }).open(sourceContext())).rejects.toMatchObject({
      code: 'SQS_UNREACHABLE',
    });
  });

  it('does not keep the source from being stopped while it opens', async () => {
    const context = sourceContext();
    const opening = sqs({ queue: 'orders', endpoint: blackHole.url, region, credentials }).open(context);
    await until(() => blackHole.sockets.size === 1);
    context.stop();
    await expect(opening).rejects.toMatchObject({ code: 'SQS_UNREACHABLE' });
    await until(() => blackHole.sockets.size === 0);
  });
});
