import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { Source, SourceContext } from '@millrace/core';
import { isMillraceError, silentLogger, systemClock } from '@millrace/core';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer, refusals } from '@millrace/testing/eventstore';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventstore } from '../src/source.ts';

let server: EventStoreServer;
let client: KurrentDBClient;

beforeEach(async () => {
  server = await eventStoreServer();
  client = KurrentDBClient.connectionString(server.connectionString);
});

afterEach(async () => {
  await client.dispose();
  await server.close();
});

const contextOf = (starting: boolean): SourceContext => ({
  consumer: 'billing',
  starting,
  signal: new AbortController().signal,
  log: silentLogger,
  clock: systemClock,
  random: () => 0,
  start: async () => 'earliest',
  gap() {},
  revoked() {},
  fetched() {},
  degraded() {},
});

async function errorOfOpening(source: () => Source, starting: boolean): Promise<unknown> {
  return await source()
    .open(contextOf(starting))
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

const from = { stream: 'orders' };
const watchdog = { confirm: 200 };
const catchUp = () => eventstore({ client, from, watchdog, exclusive: false });
const persistent = () => eventstore({ client, from, watchdog, mode: 'persistent', group: 'billing' });

describe.each([
  ['catch-up', catchUp, 'Streams.Read'],
  ['persistent, when it joins', persistent, 'PersistentSubscriptions.Read'],
  ['persistent, when it asks for the group', persistent, 'PersistentSubscriptions.GetInfo'],
] as const)('%s', (_mode, source, method) => {
  beforeEach(async () => {
    // The group is there, and the client has asked what the server can.
    await errorOfOpening(source, true);
  });

  it.each([
    ['a server that is not ready', { kind: 'refuse', refusal: refusals.notReady }],
    ['a server without a leader', { kind: 'refuse', refusal: refusals.noLeader }],
    ['a server that gives up', { kind: 'refuse', refusal: refusals.timeout }],
    ['a fault in the server', { kind: 'refuse', refusal: refusals.internal }],
    ['a server that does not answer', { kind: 'hang' }],
  ] as const)('%s is worth another try, but at the first start says what is wrong', async (_what, fault) => {
    server.faults.next(method, fault, 1);
    const later = await errorOfOpening(source, false);
    expect(later).toBeInstanceOf(Error);
    // To core one of ours is final.
    expect(isMillraceError(later)).toBe(false);

    server.faults.next(method, fault, 1);
    expect(isMillraceError(await errorOfOpening(source, true))).toBe(true);
  });

  it('missing rights are final', async () => {
    server.faults.next(method, { kind: 'refuse', refusal: refusals.accessDenied }, 3);
    expect(await errorOfOpening(source, false)).toMatchObject({ code: 'EVENTSTORE_ACCESS_DENIED' });
  });
});
