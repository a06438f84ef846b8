import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { manualClock, tcpProxy } from '../../src/index.ts';
import { client, proxiedEcho } from './echo.ts';

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 20_000, interval: 5 });

/** Everything on its way through the loopback and the event loop has come through when this has. */
async function another(proxy: Awaited<ReturnType<typeof proxiedEcho>>['proxy']): Promise<void> {
  const probe = await client(proxy);
  probe.socket.write('?');
  await until(() => expect(probe.text).toBe('?'));
  probe.socket.destroy();
}

test('without a fault, bytes and the end of a connection pass as they are', async () => {
  const { proxy, received, endings } = await proxiedEcho();
  const one = await client(proxy);
  const big = 'x'.repeat(1_000_000);
  one.socket.end(big);
  await until(() => expect(one.ending).toBe('end'));
  expect(one.text).toBe(big);
  expect(received()).toBe(big);
  expect(endings).toEqual(['end']);
  await until(() => expect(proxy.connections).toBe(0));
});

test('a server that is not there is a connection that is reset', async () => {
  const gone = await proxiedEcho();
  const { port } = gone.proxy;
  await gone.proxy.close();
  await using proxy = await tcpProxy({ target: { port } });
  const one = await client(proxy);
  await until(() => expect(one.ending).toBe('ECONNRESET'));
});

test('latency holds each chunk for its time and no longer, in order', async () => {
  const clock = manualClock();
  const draws = [0, 1];
  const { proxy, received } = await proxiedEcho({ clock, random: () => draws.shift() ?? 0 });
  const one = await client(proxy);
  proxy.latency({ milliseconds: 1_000, jitter: 400, direction: 'to-target' });
  one.socket.write('a');
  await until(() => expect(clock.pending).toBe(1));
  await clock.advance(999);
  expect(received()).toBe('');
  await clock.advance(1);
  await until(() => expect(one.text).toBe('a'));

  one.socket.write('b');
  await until(() => expect(clock.pending).toBe(1));
  await clock.advance(1_399);
  expect(received()).toBe('a');
  await clock.advance(1);
  await until(() => expect(received()).toBe('ab'));
});

test('latency in one direction leaves the other alone', async () => {
  const clock = manualClock();
  const { proxy, received } = await proxiedEcho({ clock });
  const one = await client(proxy);
  proxy.latency({ milliseconds: 1_000, direction: 'to-client' });
  one.socket.write('a');
  await until(() => expect(clock.pending).toBe(1));
  expect(received()).toBe('a');
  expect(one.text).toBe('');
  await clock.advance(1_000);
  await until(() => expect(one.text).toBe('a'));
});

test('a black hole takes connections, bytes and endings, and gives them back when it heals', async () => {
  const { proxy, received, endings } = await proxiedEcho();
  const [old, parting] = [await client(proxy), await client(proxy)];
  await another(proxy);
  proxy.blackHole({ direction: 'to-target' });
  const fresh = await client(proxy);
  old.socket.write('old');
  fresh.socket.write('fresh');
  parting.socket.end();
  await until(() => expect(parting.socket.writableFinished).toBe(true));
  proxy.blackHole();
  expect(fresh.ending).toBe(undefined);
  expect(received()).toBe('?');
  expect(endings).toEqual([]);

  await proxy.heal();
  await until(() => expect([old.text, fresh.text, parting.ending]).toEqual(['old', 'fresh', 'end']));
});

test('a black hole holds the answers back when it is theirs', async () => {
  const { proxy, received } = await proxiedEcho();
  const one = await client(proxy);
  proxy.blackHole({ direction: 'to-client' });
  one.socket.write('a');
  await until(() => expect(received()).toBe('a'));
  expect(one.text).toBe('');
  await proxy.heal();
  await until(() => expect(one.text).toBe('a'));
});

test('slices are small, apart, and add up to the whole', async () => {
  const clock = manualClock();
  const { proxy } = await proxiedEcho({ clock, random: () => 0.5 });
  const one = await client(proxy);
  proxy.slice({ size: 4, pause: 10, direction: 'to-client' });
  one.socket.write('abcdefgh');
  await until(() => expect(one.chunks).toEqual(['abc']));
  await until(() => expect(clock.pending).toBe(1));
  await clock.advance(10);
  await until(() => expect(one.chunks).toEqual(['abc', 'def']));
  await until(() => expect(clock.pending).toBe(1));
  await clock.advance(10);
  await until(() => expect(one.chunks).toEqual(['abc', 'def', 'gh']));
});

test('a cut lets so many bytes through and closes, as many connections as it is told', async () => {
  const { proxy, received } = await proxiedEcho();
  const old = await client(proxy);
  old.socket.write('before');
  await until(() => expect(old.text).toBe('before'));
  proxy.cut({ after: 5, times: 2, direction: 'to-client' });
  old.socket.write('1234');
  await until(() => expect(old.text).toBe('before1234'));
  old.socket.write('5678');
  await until(() => expect(old.ending).toBe('end'));
  expect(old.text).toBe('before12345');
  expect(received()).toBe('before12345678');

  const second = await client(proxy);
  second.socket.write('12345678');
  await until(() => expect(second.ending).toBe('end'));
  expect(second.text).toBe('12345');

  const third = await client(proxy);
  third.socket.write('12345678');
  await until(() => expect(third.text).toBe('12345678'));
});

test('a reset reaches both ends of every connection, and new ones work', async () => {
  const { proxy, endings } = await proxiedEcho();
  const clients = [await client(proxy), await client(proxy)];
  for (const { socket } of clients) socket.write('a');
  await until(() => expect(clients.map(({ text }) => text)).toEqual(['a', 'a']));
  expect(proxy.reset()).toBe(2);
  await until(() => expect(clients.map(({ ending }) => ending)).toEqual(['ECONNRESET', 'ECONNRESET']));
  await until(() => expect(endings).toEqual(['ECONNRESET', 'ECONNRESET']));
  await another(proxy);
});

test('refusing ends what is open and lets nobody in, until it heals', async () => {
  const { proxy } = await proxiedEcho();
  const { port } = proxy;
  const old = await client(proxy);
  await proxy.refuse();
  await until(() => expect(old.ending).toBe('ECONNRESET'));
  expect((await client(proxy)).ending).toBe('ECONNREFUSED');
  await proxy.heal();
  expect(proxy.port).toBe(port);
  await another(proxy);
});

test('closing ends what is open without a reset, and works twice', async () => {
  const { proxy, endings } = await proxiedEcho();
  const one = await client(proxy);
  one.socket.write('a');
  await until(() => expect(one.text).toBe('a'));
  await proxy.close();
  await proxy.close();
  await until(() => expect([one.ending, ...endings]).toEqual(['end', 'end']));
  expect((await client(proxy)).ending).toBe('ECONNREFUSED');
});

test('a sender that is not read from is made to wait', { timeout: 90_000 }, async () => {
  const { proxy, received } = await proxiedEcho();
  const one = await client(proxy);
  await another(proxy);
  proxy.blackHole({ direction: 'to-target' });
  const megabyte = 'x'.repeat(1_000_000);
  for (let sent = 0; sent < 30; sent += 1) one.socket.write(megabyte);
  await atRest(() => one.socket.writableLength);
  expect(one.socket.writableLength).toBeGreaterThan(10 * megabyte.length);
  await proxy.heal();
  // To look at so much text takes longer than to send it.
  const all = () => expect(received().length).toBe(30 * megabyte.length + 1);
  await vi.waitFor(all, { timeout: 60_000, interval: 200 });
});

/** The event loop turned many times and nothing moved. */
async function atRest(measure: () => number): Promise<void> {
  for (let quiet = 0, last = measure(); quiet < 200; quiet += 1) {
    await setImmediate();
    if (measure() !== last) quiet = 0;
    last = measure();
  }
}
