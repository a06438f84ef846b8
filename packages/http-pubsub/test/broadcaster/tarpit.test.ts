import { expect, onTestFinished, test } from 'vitest';
import { outgoing } from '../../src/outgoing/outgoing.ts';
import { targetGuard } from '../../src/outgoing/target-guard.ts';
import { serveRaw } from '../outgoing/servers.ts';
import { startBench } from './support/bench.ts';

test('one subscriber of 100 that drips its reply for ever keeps nobody else waiting', async () => {
  const client = outgoing({ guard: targetGuard({ networks: ['127.0.0.0/8'] }) });
  onTestFinished(() => client.close());
  const bench = await startBench({
    outgoing: client,
    timeouts: { subscriber: 60_000, fanOut: 60_000, drain: 1 },
    redelivery: { tries: 1, delay: 60_000 },
  });
  const topic = Buffer.from('orders');

  let dripping = 0;
  const tarpit = await serveRaw((socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n');
      const timer = setInterval(() => socket.write('.'), 50);
      dripping += 1;
      socket.once('close', () => {
        clearInterval(timer);
        dripping -= 1;
      });
    }),
  );
  await bench.subscribe(`${tarpit.url}v1/receive`, { topic });
  const others = await Promise.all(Array.from({ length: 99 }, () => bench.subscriber()));
  await Promise.all(others.map(({ url }) => bench.subscribe(url, { topic })));

  const published = ['first', 'second', 'third'].map((data) => bench.notify(topic, data));
  const confirmed = async () => (await bench.broadcaster.metrics()).counts.confirmed;
  await expect.poll(confirmed, { timeout: 25_000 }).toBe(3 * 99);
  for (const { received } of others) expect(received).toHaveLength(3);
  expect(dripping).toBeGreaterThan(0);

  // Publishers are told of those who confirmed, without waiting for the last one any longer.
  await bench.broadcaster.stop();
  expect(await Promise.all(published)).toEqual([99, 99, 99]);
});
