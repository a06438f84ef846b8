import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { refusals, selfSigned } from '@millrace/testing/salesforce-pubsub';
import { expect, onTestFinished, test } from 'vitest';
import { salesforceError } from '../../src/errors.ts';
import { orders, setUp } from './support/setting.ts';
import { until } from './support/until.ts';

test('rejects when the org has no such channel', async () => {
  const { read } = await setUp();
  await expect(read({ channels: [orders, '/event/Missing__e'] })).rejects.toMatchObject({
    code: 'SALESFORCE_CHANNEL_MISSING',
    message: expect.stringContaining('/event/Missing__e'),
  });
});

test('rejects when the user may not read a channel', async () => {
  const { read, pubsub } = await setUp();
  pubsub.deny(orders);
  await expect(read()).rejects.toMatchObject({ code: 'SALESFORCE_CHANNEL_DENIED' });
});

test('rejects when the server does not even tell of the channel', async () => {
  const { read, pubsub } = await setUp();
  pubsub.refuseNext('GetTopic', refusals.denied);
  await expect(read()).rejects.toMatchObject({ code: 'SALESFORCE_CHANNEL_DENIED' });
});

test('renews a token that is refused at the start, as soon as another login may be', async () => {
  const { read, pubsub, org, clock } = await setUp();
  pubsub.refuseNext('GetTopic', refusals.auth);
  const opening = read();
  // Two seconds lie between two logins at least.
  await until(() => pubsub.counters.faults === 1 && clock.pending > 0);
  expect(org.counters.logins).toBe(1);
  await clock.advance(2_000);
  await opening;
  expect(org.counters.logins).toBe(2);
});

test('rejects when the server refuses the token, and the new one', async () => {
  const { read, pubsub, org, clock } = await setUp();
  pubsub.refuseNext('GetTopic', refusals.auth, 2);
  const opening = read();
  opening.catch(() => {});
  await until(() => pubsub.counters.faults === 1 && clock.pending > 0);
  await clock.advance(2_000);
  await expect(opening).rejects.toMatchObject({ code: 'SALESFORCE_SESSION_REFUSED' });
  expect(org.counters.logins).toBe(2);
});

test('rejects when nothing listens there', async () => {
  const { read, pubsub } = await setUp();
  await pubsub.close();
  await expect(read()).rejects.toMatchObject({ code: 'SALESFORCE_UNREACHABLE' });
});

test('rejects when what listens there does not speak gRPC', async () => {
  const server: Server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n<html>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { readonly port: number };
  const { read } = await setUp();
  await expect(read({ pubsub: { endpoint: `127.0.0.1:${port}` } })).rejects.toMatchObject({
    code: 'SALESFORCE_UNREACHABLE',
  });
});

test('opens again in spite of a channel that is missing by now, and tells of it', async () => {
  const { read, publish } = await setUp();
  publish(1);
  const reader = await read({
    channels: [orders, '/event/Missing__e'],
    firstOpen: false,
    start: () => ({ from: 'earliest' }),
  });
  await reader.count(1);
  await until(() => reader.troubles.length === 1);
  expect(reader.troubles[0]).toMatchObject({ code: 'SALESFORCE_CHANNEL_MISSING' });
  expect(reader.session.details().channels['/event/Missing__e']?.state).toBe('suspended');
});

const refusal = salesforceError('SALESFORCE_POSITION_INVALID', 'The policy is "fail".');

test('rejects when the position must not be fallen back from, and is invalid', async () => {
  const { read, publish } = await setUp();
  publish(1);
  const opening = read({
    start: () => ({ from: 'after', cursor: 'AAAAAAAA__8AAA' }),
    options: { onInvalidPosition: 'fail' },
    fallBack: () => refusal,
  });
  await expect(opening).rejects.toBe(refusal);
});

test('opens when the position that must not be fallen back from is good', async () => {
  const { read, publish, clock, pubsub } = await setUp();
  publish(1, 2);
  const first = await read({ start: () => ({ from: 'earliest' }) });
  await first.count(2);
  const [one, two] = first.arrivals.map(({ cursor }) => cursor);
  const strict = (cursor = '') =>
    read({ start: () => ({ from: 'after', cursor }), options: { onInvalidPosition: 'fail' } });
  const reader = await strict(one);
  await reader.count(1);
  expect(reader.numbers).toEqual([2]);
  // Where there is nothing to come the server says nothing.
  const opening = strict(two);
  await until(() => pubsub.counters.streams === 3);
  await clock.advance(5_000);
  expect((await opening).arrivals).toEqual([]);
});

test('speaks TLS, and trusts the certificates it is given', async () => {
  const certificate = selfSigned();
  const { read, publish, pubsub } = await setUp({ tls: certificate });
  publish(1);
  const endpoint = `localhost:${pubsub.port}`;
  const reader = await read({
    start: () => ({ from: 'earliest' }),
    options: { pubsub: { endpoint, rootCertificates: certificate.certificate } },
  });
  await reader.count(1);

  await expect(read({ options: { pubsub: { endpoint } } })).rejects.toMatchObject({
    code: 'SALESFORCE_UNREACHABLE',
  });
  await expect(
    read({ options: { pubsub: { endpoint, rootCertificates: selfSigned().certificate } } }),
  ).rejects.toMatchObject({ code: 'SALESFORCE_UNREACHABLE' });
});
