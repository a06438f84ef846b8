import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HandleWatch } from '../../src/adapters/bench/handles.ts';
import { watchHandles } from '../../src/adapters/bench/handles.ts';

let handles: HandleWatch;
beforeEach(() => {
  handles = watchHandles();
});
afterEach(() => handles.end());

describe('a connection of HTTP/2', () => {
  const server = createServer();
  let session: ClientHttp2Session;
  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    session = await handles.watch(async () =>
      connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
    await once(session, 'connect');
  });
  afterEach(async () => {
    session.destroy();
    server.close();
    await once(server, 'close');
  });

  test('is open as long as it keeps the process alive', async () => {
    expect(handles.open).toEqual(['TCPWRAP']);
    session.close();
    await expect.poll(() => handles.open).toEqual([]);
  });

  test('that is idle, and that a client keeps for those who come later, is nothing that was left open', () => {
    session.unref();
    expect(handles.open).toEqual([]);
    session.ref();
    expect(handles.open).toEqual(['TCPWRAP']);
  });
});

test('what others open is not counted', async () => {
  const timer = setTimeout(() => {}, 60_000);
  expect(handles.open).toEqual([]);
  clearTimeout(timer);
});

test('a timer is open until it is cleared', async () => {
  const timer = await handles.watch(async () => setTimeout(() => {}, 60_000));
  expect(handles.open).toEqual(['Timeout']);
  clearTimeout(timer);
  await expect.poll(() => handles.open).toEqual([]);
});
